/** Processes that are told to stop in the middle of calls: they end in time, without trouble, and what they cut is done later. */
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import type { OurProcess } from '../../tools/platform/stack.ts';
import {
  arrival,
  beginScenario,
  getSignup,
  mailbox,
  notifiedSignup,
  postSignup,
  postUntilAnswered,
  purposesOf,
  signupThat,
  uniqueRequest,
  untilScenarioUsed,
} from '../client.ts';
import { databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';
import { callersOf } from './callers.ts';

/**
 * Longer than a process has to stop, and than a call may take. A mail that is not taken within 10 s is sent anew, so that no caller has
 * its answer before; an SMS whose calls all end before it is taken would be recorded as given up.
 */
const silentMs = { email: 20_000, sms: 9000 };

/** A provider that says nothing to the next message for so long. */
const silent = (to: string) =>
  to.startsWith('+')
    ? { channel: 'sms', to, stage: 'http', hangMs: silentMs.sms, times: 1 }
    : { channel: 'email', to, stage: 'rcpt', hangMs: silentMs.email, times: 1 };

describe('A process that is told to stop', function () {
  this.timeout(90_000);

  it('in the middle of a visit: ends in time, and the visit is made after its next start', async () => {
    const [style] = stylesPlayedBy('calls');
    const request = uniqueRequest(style);
    const { id } = await notifiedSignup(request);
    await beginScenario(silent(request.email));
    await databaseOf('accounts').query(
      `update follow_ups set visit = 'reminder-1', due_at = now() where signup_id = $1`,
      [id],
    );
    await untilScenarioUsed(request.email);
    assert.deepEqual(await troubleAtStop('accounts'), []);
    await arrival(request.email, 'reminder-1');
    await signupThat('was reminded', id, ({ reminders }) => reminders === 1);
    assert.deepEqual(purposesOf(await mailbox(request.email)), ['reminder-1', 'welcome']);
  });

  it('in the middle of requests: ends in time, and who repeats them is served over both channels', async () => {
    // A busy machine may be late with it once; where no call is cut, it is late each time.
    if ((await latenessAtStop()).length > 0) assert.deepEqual(await latenessAtStop(), []);
  }).timeout(180_000);

  /** Stops the api in the middle of requests, has them repeated, and returns what it logged of not being done in time. */
  async function latenessAtStop(): Promise<string[]> {
    const callers = stylesPlayedBy('calls').flatMap((style) => callersOf(style, 2));
    // Of one caller the mail is cut, of the next one the SMS.
    const waits = callers.map(({ request: { email, phone } }, index) => (index % 2 === 0 ? email : phone!));
    for (const to of waits) await beginScenario(silent(to));
    const asking = callers.map(({ request, key }) => postSignup(request, { key }).catch(() => undefined));
    for (const to of waits) await untilScenarioUsed(to);
    const trouble = await troubleAtStop('api');
    const lateness = trouble.filter((line) => line.includes('not stopped within'));
    assert.deepEqual(trouble, lateness);
    for (const answer of await Promise.all(asking)) assert.notEqual(answer?.status, 201);
    for (const { request, key, id } of callers) {
      assert.equal((await postUntilAnswered(request, { key })).status, 201);
      assert.deepEqual((await getSignup(id)).notified, { email: 'sent', sms: 'sent' });
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
    }
    return lateness;
  }
});

/** Tells a process to stop, waits until it has ended and was started again, and returns what it logged of trouble meanwhile. */
async function troubleAtStop(name: OurProcess): Promise<string[]> {
  const stack = theStack();
  const before = (await linesOf(name)).length;
  const pid = stack.pidOf(name)!;
  process.kill(pid, 'SIGTERM');
  await until(`${name} to end`, () => stack.pidOf(name) !== pid);
  await stack.untilReady(name);
  const lines = (await linesOf(name)).slice(before);
  assert.ok(
    lines.some((line) => line.includes('stopping on SIGTERM')),
    lines.join('\n'),
  );
  return lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
}

async function linesOf(name: OurProcess): Promise<string[]> {
  const text = await readFile(join(theStack().home, 'logs', `${name}.log`), 'utf8');
  return text.split('\n').filter((line) => line.startsWith('{'));
}
