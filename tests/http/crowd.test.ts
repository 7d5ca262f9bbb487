/** A crowd on a real stack: how many come to each style, what they see, and how it ends. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import type { CrowdState } from '../../domain/crowd.ts';
import { styles } from '../../domain/signup.ts';
import { forEachStyle, stylesPlayedBy } from '../../domain/styles.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { beginScenario, endScenario, misbehaving, send, type Problem, type Reply } from '../client.ts';
import { theStack } from '../stack.ts';
import { bareCoordinator, withParts } from './bare-app.ts';
import { assertConforms } from './documented.ts';
import { assertInvalid, assertProblem, exchange } from './exchange.ts';

type Listed = { items: { style: string; group: string | null }[] };

const come = (wanted: Record<string, unknown>) =>
  send<CrowdState & Problem>('POST', '/crowd', { body: wanted });
const look = async (): Promise<CrowdState> => (await send<CrowdState>('GET', '/crowd')).body;
const stop = () => send('DELETE', '/crowd');

/** Lets one come, and waits for its end. */
async function whole(wanted: Record<string, unknown>): Promise<CrowdState> {
  const { group } = accepted(await come(wanted));
  return until(`the crowd ${group} to end`, async () => {
    const seen = await look();
    assert.equal(seen.group, group);
    if (!seen.isRunning) return seen;
    throw new Error(JSON.stringify(seen));
  });
}

function accepted({ status, body }: Reply<CrowdState>): CrowdState {
  assert.equal(status, 202, JSON.stringify(body));
  return body;
}

describe('A crowd', function () {
  this.timeout(120_000);
  afterEach(stop);
  after(() => supervisorOver(theStack().home).stop('crowd'));

  it('comes to every style alike, and is accepted by each', async () => {
    const { count, asked, answered, byStyle, group } = await whole({ count: 50, perSecond: 20 });
    assert.deepEqual([count, asked, answered], [50, 50, 50]);
    for (const style of styles) {
      const { asked: came, accepted: taken, refused, failed, lastFailure, p50Ms, p99Ms } = byStyle[style];
      assert.ok(came === 8 || came === 9, `${came} came to ${style}`);
      assert.deepEqual([taken, refused, failed, lastFailure], [came, 0, 0, null], style);
      assert.ok(p50Ms !== null && p99Ms !== null && p50Ms <= p99Ms, style);
    }
    await until('the list to have all of the group', async () => {
      const { body } = await send<Listed>('GET', `/signups?group=${group}&limit=100`);
      assert.equal(body.items.length, 50);
      return true;
    });
  });

  it('clicks, and has addresses that take no mail, as far as it was asked to', async () => {
    const intents = { click: 0.5, undeliverable: 0.5 };
    const { byStyle } = await whole({ count: 24, perSecond: 20, intents });
    for (const style of styles) {
      const { asked, clicked, accepted: taken, refused } = byStyle[style];
      assert.deepEqual([asked, clicked, taken + refused], [4, 2, 4], style);
    }
  });

  it('clicks the link of a mail that is there before the caller is answered', async () => {
    // The phones of the first two who come.
    const phones = ['+19990000000000', '+19990000000001'];
    for (const to of phones) await beginScenario({ channel: 'sms', to, stage: 'http', hangMs: 1500 });
    try {
      const waiting = stylesPlayedBy('calls');
      const asked = { count: 2, perSecond: 2, styles: waiting, intents: { click: 1 } };
      const { byStyle } = await whole(asked);
      for (const style of waiting) assert.equal(byStyle[style].clicked, 1, style);
    } finally {
      for (const to of phones) await endScenario(to);
    }
  });

  it('comes to the styles that are named, and to no other', async () => {
    const [, one, , other] = styles;
    const { byStyle } = await whole({ count: 10, perSecond: 50, styles: [one, other] });
    for (const style of styles) {
      assert.equal(byStyle[style].accepted, style === one || style === other ? 5 : 0, style);
    }
  });

  it('is the only one, and goes home when it is told to', async () => {
    const { group } = accepted(await come({ count: 1000, perSecond: 10 }));
    await until('some to be answered', async () => (await look()).answered > 0);
    const second = await come({ count: 1, perSecond: 1 });
    assert.deepEqual([second.status, second.body.type], [409, 'urn:duet:problem:crowd-under-way']);
    assert.equal((await stop()).status, 204);
    const seen = await look();
    assert.deepEqual([seen.isRunning, seen.group, seen.count], [false, group, 1000]);
    assert.ok(seen.asked < 1000);
    assert.equal(seen.answered, seen.asked);
    const next = await whole({ count: 6, perSecond: 50 });
    assert.notEqual(next.group, group);
    assert.equal(next.answered, 6);
  });

  it('does not ask a style less that lets it wait, and is told so at once when it leaves', async () => {
    const silence = await misbehaving({ channel: 'email', to: '*', stage: 'data', hangMs: 30_000 });
    try {
      accepted(await come({ count: 60, perSecond: 60 }));
      const coming = await until('all to have come', async () => {
        const seen = await look();
        return seen.asked === 60 && seen;
      });
      assert.ok(coming.isRunning);
      for (const style of styles) assert.equal(coming.byStyle[style].asked, 10, style);
      await stop();
      const { byStyle, answered } = await look();
      assert.equal(answered, 60);
      const left = styles.filter((style) => byStyle[style].lastFailure?.startsWith('left'));
      assert.ok(left.length > 0, JSON.stringify(byStyle));
    } finally {
      // The mails that hang would hold up those of the tests to come.
      await silence.end();
    }
  });

  it('is shown as none where there was none, and stopping none is no fault', () =>
    withParts({}, async (url) => {
      const { status, body } = await send<CrowdState>('GET', '/crowd', { url });
      assert.deepEqual([status, body.isRunning, body.group, body.asked], [200, false, null, 0]);
      assert.equal((await send('DELETE', '/crowd', { url })).status, 204);
    }));

  it('sees of the stack what a customer sees', () => {
    const given = theStack().environmentOf('crowd');
    const secret = Object.keys(given).filter(
      (name) => !/^(API_URL|MAILBOX_URL|LOG_LEVEL|PORT|RETRY_\w+)$/.test(name),
    );
    assert.deepEqual(secret, []);
  });
});

describe('POST /crowd', () => {
  const body = { count: 10, perSecond: 10 };

  it('refuses what is no crowd, and says which field is wrong', async () => {
    assertInvalid(await exchange('POST', '/crowd', { body: { ...body, count: 1001 } }), 'count');
    assertInvalid(await exchange('POST', '/crowd', { body: { ...body, perSecond: 201 } }), 'perSecond');
    assertInvalid(await exchange('POST', '/crowd', { body: { ...body, styles: ['other'] } }), 'styles.0');
    assertInvalid(await exchange('POST', '/crowd', { body: { ...body, group: 'mine' } }), 'group');
    assertInvalid(await exchange('POST', '/crowd', { body: { count: 10 } }), 'perSecond');
  });

  for (const method of ['GET', 'POST', 'DELETE']) {
    it(`is for operators only, as ${method} is`, async () => {
      const headers = { 'x-forwarded-for': '203.0.113.7' };
      const answer = await exchange(method, '/crowd', { headers, ...(method === 'POST' && { body }) });
      assertProblem(answer, { status: 403, kind: 'not-an-operator', title: 'This route is for operators' });
    });
  }

  it('is refused where mail or SMS leaves by another way than the built-in mailbox', () =>
    withParts({ crowdUrl: undefined }, async (url) => {
      const answer = await exchange('POST', '/crowd', { url, body });
      assertProblem(answer, { status: 409, kind: 'no-crowd', title: 'There can be no crowd here' });
    }));

  it('is refused where there is no supervisor to start it', () =>
    withParts({ crowdUrl: 'http://127.0.0.1:9' }, async (url) => {
      const answer = await exchange('POST', '/crowd', { url, body });
      assertProblem(answer, { status: 503, kind: 'no-supervisor', title: 'There is no supervisor to ask' });
    }));

  it('is refused for a style that is not here', () => {
    const [missing] = styles;
    const coordinators = forEachStyle((style) =>
      style === missing ? { ...bareCoordinator, notHere: 'There is no broker.' } : bareCoordinator,
    );
    return withParts({ coordinators, crowdUrl: 'http://127.0.0.1:9' }, async (url) => {
      const answer = await exchange('POST', '/crowd', { url, body: { ...body, styles: [missing] } });
      assertProblem(answer, { status: 503, kind: 'style-not-here', title: 'This style is not here' });
    });
  });

  it('answers as the API describes it', async () => {
    const state = await send<CrowdState>('GET', '/crowd');
    assertConforms('/crowd', 'GET', { status: 200, contentType: 'application/json', body: state.body });
  });
});
