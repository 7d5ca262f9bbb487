/**
 * What is answered while a part is away: what each style needs for its first answer, and nothing else. That a signup taken
 * meanwhile also ends right, at every point a part can go away, is for the failure lab to show in full.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../../domain/history.ts';
import { styles, type Signup, type SignupRequest, type Style } from '../../domain/signup.ts';
import { arrival, forgedByInsider, mailbox, signupThat, uniqueRequest } from '../client.ts';
import { eventually, theStack } from '../stack.ts';
import { assertProblem, exchange, type Exchanged } from './exchange.ts';

type Part = 'postgres' | 'temporal' | 'rabbitmq';

/** Holds a part while `use` runs; afterwards all is as before, whatever came of it. */
async function without(part: Part, use: () => Promise<void>): Promise<void> {
  const stack = theStack();
  try {
    await stack.hold(part);
    await use();
  } finally {
    await stack.release(part);
    for (const name of [part, 'api', 'accounts', 'messages', 'tracker'] as const)
      await stack.untilReady(name);
  }
}

type Asked = { request: SignupRequest; key: string };

const fresh = (style: Style): Asked => ({ request: uniqueRequest(style), key: randomUUID() });

const post = ({ request, key }: Asked) =>
  exchange<Signup>('POST', '/signups', { body: request, headers: { 'idempotency-key': key } });

/** Repeats a request that was answered with 503, as its `Retry-After` asks for, until it is taken. */
const repeatedUntilTaken = (asked: Asked) =>
  eventually(`the repeated request by ${asked.request.style} to be taken`, async () => {
    const answer = await post(asked);
    if (answer.status === 202) return answer.body;
    assertUnavailable(answer);
    throw new Error(JSON.stringify(answer.body));
  });

const unknown = '/signups/9b2c2f4e-58a1-5a34-9c2b-0d4f1d2d6f10';

const ready = (style: Style) => exchange('GET', `/health/ready?style=${style}`);

function assertUnavailable(answer: Exchanged): void {
  const title = 'Not available at the moment';
  const { detail } = assertProblem(answer, { status: 503, kind: 'unavailable', title });
  assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, 'it says when to try again');
  assert.match(detail ?? '', /repeating it with the same Idempotency-Key is safe/);
}

async function assertReady(expected: Record<Style, string>): Promise<void> {
  for (const style of styles) {
    const { status, body } = await ready(style);
    const missing = expected[style];
    assert.equal(status, missing === '' ? 200 : 503, `${style}: ${JSON.stringify(body)}`);
    assert.deepEqual(body, { [style]: missing === '' ? { ready: true } : { ready: false, missing } });
  }
  assert.equal((await exchange('GET', '/health/ready')).status, 200, 'one style can still take signups');
}

describe('While Postgres is away', () => {
  it('choreography answers 503 and takes the repeated request afterwards; orchestration opens later', async function () {
    this.timeout(120_000);
    const refused = fresh('choreography');
    const taken = fresh('orchestration');
    let id = '';
    await without('postgres', async () => {
      assertUnavailable(await post(refused));
      const { status, body, headers } = await post(taken);
      assert.equal(status, 202, JSON.stringify(body));
      assert.equal(body.status, 'opening');
      assert.equal(headers['location'], `/signups/${body.id}`);
      ({ id } = body);
      const found = await exchange<Signup>('GET', `/signups/${id}`);
      assert.equal(found.status, 200, 'the workflow knows it');
      assert.equal(found.body.status, 'opening');
      const history = await exchange<HistoryEntry[]>('GET', `/signups/${id}/history`);
      assert.deepEqual(
        history.body.map(({ step, kind }) => `${step} ${kind}`),
        ['openAccount running'],
      );
      for (const path of [unknown, `${unknown}/history`]) assertUnavailable(await exchange('GET', path));
      await assertReady({ choreography: 'database', orchestration: '' });
      assert.equal((await exchange('GET', '/health/live')).status, 200);
      assert.equal((await exchange('GET', '/', { headers: { accept: 'text/html' } })).status, 200);
    });
    await repeatedUntilTaken(refused);
    await arrival(refused.request.email, 'welcome');
    const { notified } = await signupThat('is notified', id, (signup) => signup.notified.email !== null);
    assert.equal(notified.email, 'sent');
    assert.equal((await mailbox(taken.request.email)).length, 1, 'one mail');
    assert.equal((await post(taken)).body.id, id, 'the key finds the same signup');
  });
});

describe('While Temporal is away', () => {
  it('orchestration answers 503 and takes the repeated request afterwards; choreography goes on', async function () {
    this.timeout(120_000);
    const refused = fresh('orchestration');
    const asked = fresh('choreography');
    await without('temporal', async () => {
      assertUnavailable(await post(refused));
      const { status, body } = await post(asked);
      assert.equal(status, 202);
      assert.equal(body.status, 'pending');
      await arrival(asked.request.email, 'welcome');
      const history = await exchange<HistoryEntry[]>('GET', `/signups/${body.id}/history`);
      assert.equal(history.body[0]?.step, 'openAccount');
      assertUnavailable(await exchange('GET', `${unknown}/history`));
      const clicked = await exchange('POST', await forgedByInsider(body.id));
      assert.equal(clicked.status, 200, 'the click needs no Temporal either');
      await assertReady({ choreography: '', orchestration: 'temporal' });
    });
    await repeatedUntilTaken(refused);
    await arrival(refused.request.email, 'welcome');
    assert.equal((await mailbox(refused.request.email)).length, 1, 'one mail');
  });
});

describe('While the broker is away', () => {
  it('choreography still answers 202, and the mail comes once it is back; orchestration goes on', async function () {
    this.timeout(120_000);
    const asked = fresh('choreography');
    await without('rabbitmq', async () => {
      const { status, body } = await post(asked);
      assert.equal(status, 202);
      assert.equal(body.status, 'pending');
      const other = fresh('orchestration');
      assert.equal((await post(other)).status, 202);
      await arrival(other.request.email, 'welcome');
      await assertReady({ choreography: '', orchestration: '' });
      assert.deepEqual(await mailbox(asked.request.email), [], 'the event is still in the outbox');
    });
    await arrival(asked.request.email, 'welcome');
    assert.equal((await mailbox(asked.request.email)).length, 1, 'one mail');
  });
});
