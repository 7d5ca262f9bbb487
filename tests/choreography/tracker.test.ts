/** What the tracker notes: the same steps for both styles, and nothing missing of either, whoever was away meanwhile. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import {
  arrival,
  click,
  forgedByInsider,
  providerScenario,
  send,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { databaseOf } from '../inside.ts';
import { eventually, theStack } from '../stack.ts';

type Row = [step: string, kind: string, attempts: number];

const welcomed: Row[] = [
  ['openAccount', 'done', 1],
  ['recordNotified', 'done', 1],
  ['sendEmail welcome', 'done', 1],
  ['sendSms welcome', 'done', 1],
];
const activated: Row[] = [
  ['activateAccount', 'done', 1],
  ...welcomed.slice(0, 2),
  ['sendEmail activated', 'done', 1],
  ...welcomed.slice(2),
];

describe('The tracker', function () {
  this.timeout(120_000);
  const observed: string[] = [];

  for (const style of styles) {
    it(`notes the steps of a signup by ${style}, and what it has come to`, async () => {
      const request = uniqueRequest(style);
      const { id, startedAt } = await startSignup(request);
      await stepsBecome(id, welcomed);
      const pending = await shownSignup(id);
      assert.deepEqual([pending?.style, pending?.status, pending?.ended_at], [style, 'pending', null]);
      assert.ok(pending?.notified_at, 'it says when the signup was notified');
      assert.equal(pending.started_at, startedAt);

      await click(await forgedByInsider(id));
      await stepsBecome(id, activated);
      observed.push(id);
      const ended = await shownSignup(id);
      assert.equal(ended?.status, 'activated');
      assert.ok(ended.ended_at, 'it says when the signup ended');
    });

    it(`notes the compensation of a signup by ${style}`, async () => {
      const request = uniqueRequest(style, { email: uniqueEmail('undeliverable.example') });
      const { id } = await startSignup(request);
      await stepsBecome(id, [
        ['closeAccount undeliverable', 'done', 1],
        ['openAccount', 'done', 1],
        ['sendEmail welcome', 'refused', 1],
        ['sendSms closed', 'done', 1],
        ['sendSms welcome', 'done', 1],
      ]);
      observed.push(id);
      assert.equal((await shownSignup(id))?.status, 'undeliverable');
    });

    it(`notes each fault of a signup by ${style}, with its attempt and error`, async () => {
      const request = uniqueRequest(style);
      const mail = { channel: 'email', to: request.email, stage: 'rcpt', times: 1 };
      await providerScenario({ ...mail, reply: '451 4.3.0 Try later' });
      await providerScenario({ ...mail, reply: '550 5.7.1 Not from you' });
      const { id } = await startSignup(request);
      await eventually(`the faults of ${id} in the feed`, async () => {
        const { rows } = await databaseOf('tracker').query(
          `select kind, attempts, detail from feed where signup_id = $1 and step = 'sendEmail welcome' order by happened_at`,
          [id],
        );
        assert.deepEqual(rows, [
          { kind: 'retrying', attempts: 1, detail: 'mail provider, RCPT TO: 451 4.3.0 Try later' },
          { kind: 'parked', attempts: 2, detail: 'mail provider refused RCPT TO: 550 5.7.1 Not from you' },
        ]);
        return true;
      });
    });
  }

  it('catches up on workflows that nobody could tell of, and notes nothing twice', async () => {
    const stack = theStack();
    const request = uniqueRequest('orchestration');
    const refused = uniqueRequest('orchestration', { email: uniqueEmail('undeliverable.example') });
    const waiting = uniqueRequest('orchestration');
    const ids: string[] = [];
    await stack.hold('rabbitmq');
    try {
      for (const each of [request, refused, waiting]) ids.push((await startSignup(each)).id);
      await click(await forgedByInsider(ids[0]!));
      await arrival(request.email, 'activated');
      await arrival(refused.phone!, 'closed');
      await signupThat('is notified', ids[2]!, ({ notified }) => notified.email !== null);
    } finally {
      await stack.release('rabbitmq');
      for (const name of ['accounts', 'messages', 'tracker'] as const) await stack.untilReady(name);
    }
    await stepsBecome(ids[0]!, activated);
    await stepsBecome(ids[2]!, welcomed);
    await eventually('all three to be listed', async () => {
      const statuses = await Promise.all(ids.map(async (id) => (await shownSignup(id))?.status));
      assert.deepEqual(statuses, ['activated', 'undeliverable', 'pending']);
      return true;
    });
    // What was noted by catching up is not noted again when the observers see what follows, nor the other way round: by now
    // the workflows of the tests before were read, too.
    await click(await forgedByInsider(ids[2]!));
    await stepsBecome(ids[2]!, activated);
    const { rows } = await databaseOf('tracker').query(
      `select step, array_agg(kind || ' ' || attempts) from feed where signup_id = any($1)
       group by signup_id, step having count(*) > 1`,
      [[...observed, ...ids]],
    );
    assert.deepEqual(rows, []);
  });

  it('notes the chain, and is well, while Temporal is away', async () => {
    const stack = theStack();
    await stack.hold('temporal');
    try {
      const { id } = await startSignup(uniqueRequest('choreography'));
      await stepsBecome(id, welcomed);
      const { status } = await send('GET', '/health/ready', {
        url: `http://127.0.0.1:${stack.portOf('tracker')}`,
      });
      assert.equal(status, 200);
    } finally {
      await stack.release('temporal');
      for (const name of ['accounts', 'messages'] as const) await stack.untilReady(name);
    }
    const { id } = await startSignup(uniqueRequest('orchestration'));
    await stepsBecome(id, welcomed);
  });
});

async function stepsBecome(id: string, expected: Row[]): Promise<void> {
  await eventually(
    `the steps of ${id} with the tracker`,
    async () => {
      const { rows } = await databaseOf('accounts').query<{ step: string; kind: string; attempts: number }>(
        'select step, kind, attempts from tracker.shown_steps where signup_id = $1 order by step collate "C"',
        [id],
      );
      assert.deepEqual(
        rows.map(({ step, kind, attempts }) => [step, kind, attempts]),
        expected,
      );
      return true;
    },
    { withinMs: 60_000 },
  );
}

type Shown = {
  style: string;
  status: string;
  started_at: string;
  notified_at: string | null;
  ended_at: string | null;
};

async function shownSignup(id: string): Promise<Shown | undefined> {
  const { rows } = await databaseOf('accounts').query<Shown>(
    'select * from tracker.shown_signups where signup_id = $1',
    [id],
  );
  return rows[0];
}
