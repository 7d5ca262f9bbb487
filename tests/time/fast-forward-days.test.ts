/**
 * Days pass: every scenario over every coordinator, on the real stack, from the outside. The workflow alone, over mocked steps, plays
 * the same scenarios in `test-server-days.test.ts`.
 */
import { strict as assert } from 'node:assert';
import type { HistoryEntry } from '../../domain/history.ts';
import { reminders, verifyWithinMs } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { promises, traits, type Mechanism } from '../../domain/styles.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import {
  arrival,
  clickUntilActedOn,
  getSignup,
  historyThat,
  isAccepted,
  linkIn,
  mailbox,
  notifiedSignup,
  endScenario,
  beginScenario,
  purposesOf,
  resume,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, untilAtRest, temporalClient } from '../inside.ts';
import { itSideBySide } from '../side-by-side.ts';
import { stylesThat } from '../styles-that.ts';
import { until } from '../../adapters/waiting.ts';
import { fastForward, forwarded, untilReminded } from './moving.ts';
import { raceExpiryWithClick } from './racing.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const allReminders = reminders.map(({ purpose }) => purpose);
const mails = (...purposes: string[]) => purposes.toSorted();

/** How an operator cancels a signup. */
const cancel: Record<Mechanism, (id: string) => Promise<unknown>> = {
  calls: closeAsCancelled,
  chain: closeAsCancelled,
  workflow: (id) => temporalClient().workflow.getHandle(workflowId(id)).cancel(),
};

function closeAsCancelled(id: string): Promise<unknown> {
  return databaseOf('accounts').query(
    `update accounts set status = 'closed', closed_at = now(), close_reason = 'cancelled'
     where signup_id = $1 and status = 'pending'`,
    [id],
  );
}

for (const style of styles) {
  describe(`Days of a signup by ${style}`, function () {
    this.timeout(120_000);
    const it = itSideBySide();

    it('pass in one go without a click: reminders, expiry, notice; the address is free again', async () => {
      const request = uniqueRequest(style);
      const other = await notifiedSignup(uniqueRequest(style));
      const { id } = await notifiedSignup(request);
      const expired = await fastForward(id, '7d');
      assert.equal(expired.status, 'expired');
      await untilReminded(id, allReminders.length);
      assert.deepEqual(
        purposesOf(await mailbox(request.email)),
        mails('welcome', ...allReminders, 'expired'),
      );
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
      assert.ok(
        await isAccepted(uniqueRequest(style, { email: request.email })),
        'the address is free again',
      );

      const history = await historyThat('is told to its end', id, (rows) =>
        rows.some(isDone('sendEmail expired')),
      );
      const daysAt = (step: string) => {
        const { at } = history.find((row) => row.step === step)!;
        return (Date.parse(at) - Date.parse(expired.startedAt)) / dayMs;
      };
      for (const { purpose, afterMs } of reminders) about(daysAt(`sendEmail ${purpose}`), afterMs / dayMs);
      about(daysAt('closeAccount expired'), 7);
      about(daysAt('sendEmail expired'), 7);
      about((Date.parse(expired.endedAt!) - Date.parse(expired.startedAt)) / dayMs, 7);

      assert.deepEqual(await getSignup(other.id), other, 'no other signup was moved');
    });

    for (const { when, hours, reminded } of [
      { when: 'before the first reminder', hours: 23, reminded: 0 },
      { when: 'between two reminders', hours: 48, reminded: 1 },
      { when: 'after the last reminder', hours: 160, reminded: allReminders.length },
    ]) {
      it(`end with a click ${when}; nothing more is sent`, async () => {
        const request = uniqueRequest(style);
        const { id } = await notifiedSignup(request);
        const waiting = await fastForward(id, `${hours}h`);
        assert.equal(waiting.status, 'pending');
        await untilReminded(id, reminded);
        assert.equal((await clickUntilActedOn(await linkIn(request.email))).status, 200);
        const activated = await signupThat('is activated', id, ({ status }) => status === 'activated');
        about((Date.parse(activated.endedAt!) - Date.parse(activated.startedAt)) / hourMs, hours);
        await arrival(request.email, 'activated');
        await untilAtRest(id);
        assert.equal((await forwarded(id, '7d')).status, 409, 'there is nothing left to happen');
        const expected = mails('welcome', ...allReminders.slice(0, reminded), 'activated');
        assert.deepEqual(purposesOf(await mailbox(request.email)), expected);
        assert.deepEqual(await timersOf(id), []);
      });
    }

    // Closer to the deadline only a test whose clock stands still can come; see `test-server-days.test.ts`.
    it('end with a click shortly before the deadline, and with 410 after it', async () => {
      const [early, late] = [uniqueRequest(style), uniqueRequest(style)];
      const [before, after] = [await notifiedSignup(early), await notifiedSignup(late)];
      await fastForward(before.id, `${verifyWithinMs / 1000 - 120}s`);
      assert.equal((await clickUntilActedOn(await linkIn(early.email))).status, 200);
      await fastForward(after.id, `${verifyWithinMs / 1000 + 1}s`);
      const clicked = await clickUntilActedOn(await linkIn(late.email));
      assert.equal(clicked.status, 410);
      assert.equal((await getSignup(after.id)).status, 'expired');
    });

    it('do not lose a reminder that falls into an outage of the mail provider', async () => {
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply: '451 4.3.0 Down' });
      assert.equal((await fastForward(id, '25h')).reminders, 0);
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      await endScenario(request.email);
      await fastForward(id, '1h');
      await untilReminded(id, 1);
      assert.deepEqual(purposesOf(await mailbox(request.email)), mails('welcome', 'reminder-1'));
      const history = await historyThat('has the reminder', id, (rows) =>
        rows.some(isDone('sendEmail reminder-1')),
      );
      const { attempts, at } = history.find(isDone('sendEmail reminder-1'))!;
      if (promises(style, 'attempts-for-days')) assert.ok(attempts > 5, `it took ${attempts} attempts`);
      const hours = (Date.parse(at) - Date.parse((await getSignup(id)).startedAt)) / hourMs;
      assert.ok(hours > 25 && hours < 26.1, `it left after ${hours} h`);
    });

    it('bring a reminder and the click together: one activation, no reminder twice', async () => {
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      const link = await linkIn(request.email);
      await fastForward(id, '1439m');
      const [, clicked] = await Promise.all([forwarded(id, '2m'), clickUntilActedOn(link)]);
      assert.equal(clicked.status, 200);
      await arrival(request.email, 'activated');
      await untilAtRest(id);
      const sent = purposesOf(await mailbox(request.email)).filter((purpose) => purpose !== 'reminder-1');
      assert.deepEqual(sent, mails('welcome', 'activated'));
      assert.ok((await mailbox(request.email)).length <= 3);
    });

    it('bring expiry and the click together, 24 times: exactly one of them wins, and both say which', () =>
      raceExpiryWithClick(style, 24));

    it('end when an operator cancels: no reminder, no notice, the address free', async () => {
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      await fastForward(id, '1h');
      await cancel[traits[style].mechanism](id);
      await signupThat('is cancelled', id, ({ status }) => status === 'cancelled');
      // What is still due finds the account closed.
      await databaseOf('accounts').query('update timers set due_at = now() where signup_id = $1', [id]);
      await until('all timers to have fired', async () => (await timersOf(id)).length === 0);
      await untilAtRest(id);
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      assert.ok(await isAccepted(uniqueRequest(style, { email: request.email })));
    });
  });
}

describe('Days of a fault', function () {
  this.timeout(180_000);

  for (const style of stylesThat('parking')) {
    it(`pass for retries too, by ${style}: 150 attempts end in parked, and resume goes on`, async () => {
      const request = uniqueRequest(style);
      await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply: '451 4.3.0 Down' });
      const { id } = await startSignup(request);
      await fastForward(id, '1435m');
      const { parked } = await signupThat('is parked', id, (signup) => signup.parked.length > 0);
      assert.deepEqual(parked, [
        { step: 'sendEmail welcome', attempts: 150, lastError: 'mail provider, RCPT TO: 451 4.3.0 Down' },
      ]);
      await endScenario(request.email);
      await resume(id);
      await signupThat('is notified', id, (signup) => signup.notified.email === 'sent');
      await fastForward(id, '1h');
      await untilReminded(id, 1);
    });
  }
});

/** Seconds pass while days do: a minute either way is the same time. */
function about(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.02 * Math.max(1, expected), `${actual} is about ${expected}`);
}

const isDone = (step: string) => (row: HistoryEntry) => row.step === step && row.kind === 'done';

async function timersOf(id: string): Promise<string[]> {
  const { rows } = await databaseOf('accounts').query<{ name: string }>(
    'select name from timers where signup_id = $1',
    [id],
  );
  return rows.map(({ name }) => name);
}
