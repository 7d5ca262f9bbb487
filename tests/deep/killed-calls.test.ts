/** Signups by calls that lose their caller or the process that plays them: what is finished, by whom, and what is undone. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import {
  arrival,
  beginScenario,
  endScenario,
  misbehaving,
  getSignup,
  holdAtProvider,
  mailbox,
  postSignup,
  postUntilAnswered,
  purposesOf,
  signupThat,
  untilScenarioUsed,
} from '../client.ts';
import { accountsOf, databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';
import { ask, callersOf, type Caller } from '../calls/callers.ts';

const inFlight = 50;

describe(`An api that is killed with ${inFlight} calls in flight`, function () {
  this.timeout(120_000);
  afterEach(() => endScenario('*'));

  for (const style of stylesPlayedBy('calls'))
    it(`of ${style}: no caller was promised anything; who repeats is served, and who does not is cancelled`, async () => {
      const callers = callersOf(style, inFlight);
      const ids = callers.map(({ id }) => id);
      await beginScenario({ channel: 'email', to: '*', stage: 'rcpt', hangMs: 4000 });
      // A pool grows by one thread at a time: at the second rush as many are there as it takes.
      await Promise.all(callersOf(style, inFlight).map(ask));
      await endScenario('*');
      const held = await misbehaving({ channel: 'email', to: '*', stage: 'rcpt', hangMs: 30_000 });
      const asking = callers.map(({ request, key }) => postSignup(request, { key }).catch(() => 'none'));
      await until('each to be at its mail', async () => (await held.count()) >= inFlight);
      await theStack().kill('api');
      assert.deepEqual([...new Set(await Promise.all(asking))], ['none'], 'no caller has an answer');
      await held.end();
      await theStack().untilReady('api');
      const left = await accountsOf(ids);
      assert.equal(left.length, inFlight, 'each has its address');
      assert.ok(left.every((account) => account.status === 'pending' && account.notified_at === null));

      const patient = callers.slice(0, inFlight / 2);
      const gone = callers.slice(inFlight / 2);
      const [answers] = await Promise.all([
        Promise.all(patient.map(({ request, key }) => postUntilAnswered(request, { key }))),
        swept(gone),
      ]);
      for (const { status, body } of answers)
        assert.deepEqual([status, body.notified], [201, { email: 'sent', sms: 'sent' }]);
      for (const { request } of patient) {
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
        assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
      }
      for (const { request, id } of gone) {
        assert.equal((await getSignup(id)).outcome, 'cancelled');
        // The notifications service lives, and sends what it was called for.
        await arrival(request.email, 'welcome');
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
        assert.ok((await mailbox(request.phone!)).length <= 1);
      }
      const { request } = gone[0]!;
      assert.equal((await postUntilAnswered(request)).status, 201, 'the address is free again');
    });
});

describe('A caller who leaves in the middle', function () {
  this.timeout(60_000);

  for (const style of stylesPlayedBy('calls'))
    it(`of ${style}: the request runs to its end, and who repeats it is told how it ended`, async () => {
      const [{ key, id, request }] = callersOf(style, 1) as [Caller];
      const letGo = await holdAtProvider({ channel: 'email', to: request.email, stage: 'data' });
      const leaving = new AbortController();
      const asking = fetch(`${theStack().urls.api}/signups`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(request),
        signal: leaving.signal,
      });
      await untilScenarioUsed(request.email);
      leaving.abort();
      await assert.rejects(asking, { name: 'AbortError' });
      await letGo();
      await signupThat('is notified', id, ({ notified }) => notified.email !== null);
      const { status, body } = await postSignup(request, { key });
      assert.deepEqual([status, body.notified], [201, { email: 'sent', sms: 'sent' }]);
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
    });
});

/** Lets 15 minutes pass for callers who do not come back, and waits for the poller. */
async function swept(gone: readonly Caller[]): Promise<void> {
  const ids = gone.map(({ id }) => id);
  await databaseOf('accounts').query('update follow_ups set due_at = now() where signup_id = any($1)', [ids]);
  await until('the poller to have closed them', async () =>
    (await accountsOf(ids)).every(({ status }) => status === 'closed'),
  );
}
