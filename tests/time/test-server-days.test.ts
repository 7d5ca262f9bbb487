/**
 * Days pass for the workflow alone, over mocked steps, on a server whose clock stands at the next thing that is due: the scenarios of
 * `fast-forward-days.test.ts`, and what needs a finer clock than a running stack has.
 */
import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { reminders, verifyWithinMs } from '../../domain/process.ts';
import { PermanentFault, type Steps } from '../../domain/steps.ts';
import { readEvents } from '../../coordinators/workflow/history-events.ts';
import { resumeSignal, statusQuery, verifySignal } from '../../workflows/protocol.ts';
import { until } from '../../adapters/waiting.ts';
import { gate, startMocked, type Mocked, type Played } from '../workflow/mocked.ts';
import { seeded } from '../seeded.ts';

const secondMs = 1000;
const hourMs = 3600 * secondMs;
const [first, second] = reminders;
const allReminders = reminders.map(({ purpose }) => `sendEmail ${purpose}`);
const ended = { activated: ['activateAccount', 'sendEmail activated'] };
const expiry = ['closeAccount expired', 'sendEmail expired'];
/** So that each timer of before has fired, and its step been taken. */
const marginMs = 60 * secondMs;

describe('Days of the workflow alone', function () {
  this.timeout(120_000);

  let mocked: Mocked;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    mocked = await startMocked();
  });
  afterEach(() => mocked.endAll());
  after(() => mocked?.stop());

  it('pass without a click: reminders, expiry, notice, each at its time', async () => {
    const played = await waiting();
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(sinceWelcome(played), [...allReminders, ...expiry]);
    const { steps, hoursAt, days } = await timelineOf(played);
    for (const { purpose, afterMs } of reminders) about(hoursAt(`sendEmail ${purpose}`), afterMs / hourMs);
    for (const step of expiry) about(hoursAt(step), verifyWithinMs / hourMs);
    about(days, 7);
    assert.deepEqual([...new Set(steps.map(({ kind }) => kind))], ['done']);
  });

  it('pass in one go: what is due at different times comes in its order, and at its times', async () => {
    const played = await waiting();
    await mocked.sleep(verifyWithinMs + marginMs);
    assert.deepEqual(sinceWelcome(played), [...allReminders, ...expiry]);
    const { hoursAt } = await timelineOf(played);
    const hours = [...allReminders, ...expiry].map(hoursAt);
    assert.deepEqual(
      hours,
      hours.toSorted((one, other) => one - other),
    );
    about(hours[0]!, first.afterMs / hourMs);
    about(hours.at(-1)!, verifyWithinMs / hourMs);
  });

  for (const [when, hours, reminded] of [
    ['before the first reminder', 23, 0],
    ['between two reminders', 48, 1],
    ['after the last reminder', 160, reminders.length],
  ] as const) {
    it(`end with a click ${when}: nothing more is sent`, async () => {
      const played = await waiting();
      await mocked.sleep(hours * hourMs);
      await played.handle.signal(verifySignal);
      assert.deepEqual(await played.ended(), { outcome: 'activated' });
      assert.deepEqual(sinceWelcome(played), [...allReminders.slice(0, reminded), ...ended.activated]);
      about((await timelineOf(played)).days * 24, hours);
    });
  }

  it('end with a click in the last second before the deadline', async () => {
    // The clock runs on until the click is there: on a busy machine it may be late, and then it is tried again.
    const clicked = await until(
      'a click within the last second',
      async () => {
        const played = await waiting();
        const deadline = await deadlineOf(played);
        await sleepUntil(deadline - secondMs);
        await played.handle.signal(verifySignal).catch(ifGone);
        const end = await played.ended();
        const { clickedAt } = await timelineOf(played);
        const beforeMs = deadline - Date.parse(clickedAt ?? new Date(deadline).toISOString());
        return beforeMs > 0 && beforeMs <= secondMs && { played, end };
      },
      { withinMs: 100_000 },
    );
    assert.deepEqual(clicked.end, { outcome: 'activated' });
    assert.deepEqual(sinceWelcome(clicked.played), [...allReminders, ...ended.activated]);
  });

  it('are over for a click that comes a second after the deadline', async () => {
    const notice = gate();
    const played = await waiting({
      async sendEmail({ purpose }) {
        if (purpose === 'expired') await notice.opened;
        return { ok: 'sent' };
      },
    });
    try {
      await sleepUntil((await deadlineOf(played)) + secondMs);
      await played.attempted('sendEmail expired');
      await played.handle.signal(verifySignal);
    } finally {
      notice.open();
    }
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(sinceWelcome(played), [...allReminders, ...expiry]);
  });

  it('do not lose a reminder that falls into an outage of the mail provider', async () => {
    let isDown = true;
    const played = await waiting({
      async sendEmail({ purpose }) {
        if (purpose !== 'welcome' && isDown) throw new Error('451 4.3.0 Down');
        return { ok: 'sent' };
      },
    });
    await mocked.sleep(first.afterMs + 30 * 60 * secondMs);
    isDown = false;
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    const { steps, hoursAt } = await timelineOf(played);
    const { attempts } = steps.find(({ step }) => step === allReminders[0])!;
    assert.ok(attempts > 5, `it took ${attempts} attempts`);
    const leftAfter = hoursAt(allReminders[0]!) - first.afterMs / hourMs;
    assert.ok(leftAfter > 0.5 && leftAfter < 0.7, `it left after another ${leftAfter} h`);
    assert.deepEqual([...new Set(sinceWelcome(played))], [...allReminders, ...expiry]);
  });

  it('end when an operator cancels: the account is closed, and nobody is reminded or told', async () => {
    const played = await waiting();
    await mocked.sleep(first.afterMs + marginMs);
    await played.handle.cancel();
    await assert.rejects(
      played.ended(),
      (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
    );
    assert.deepEqual(sinceWelcome(played), [allReminders[0], 'closeAccount cancelled']);
    assert.equal(await played.listedAs(), 'cancelled');
  });

  it('go on beside a reminder that is parked, which is sent once it is resumed', async () => {
    let isRefused = true;
    const played = await waiting({
      async sendEmail({ purpose }) {
        if (purpose === first.purpose && isRefused) throw new PermanentFault('535 5.7.8 Credentials refused');
        return { ok: 'sent' };
      },
    });
    await mocked.sleep(second.afterMs + marginMs);
    assert.deepEqual(sinceWelcome(played), allReminders.slice(0, 2), 'the second goes out meanwhile');
    const { parked } = await played.handle.query(statusQuery);
    assert.deepEqual(
      parked.map(({ step }) => step),
      [allReminders[0]],
    );
    isRefused = false;
    await played.handle.signal(resumeSignal);
    await played.attempted(allReminders[0]!, 2);
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(sinceWelcome(played), [
      allReminders[0],
      allReminders[1],
      allReminders[0],
      ...allReminders.slice(2),
      ...expiry,
    ]);
  });

  it('end at the deadline although a reminder is parked, and forget it once it is resumed', async () => {
    let attempts = 0;
    const played = await waiting({
      async sendEmail({ purpose }) {
        if (purpose !== first.purpose) return { ok: 'sent' };
        if (++attempts === 1) throw new PermanentFault('535 5.7.8 Credentials refused');
        return { ok: 'superseded' };
      },
    });
    await mocked.sleep(verifyWithinMs + marginMs);
    await played.attempted('sendEmail expired');
    assert.equal(await played.listedAs(), 'expired');
    assert.equal((await played.handle.query(statusQuery)).parked.length, 1);
    await played.handle.signal(resumeSignal);
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
  });

  // The test server has no answer for a timer that fires while a worker is about to cancel it, as the real one has, on which
  // `fast-forward-days.test.ts` plays that. So here they meet before a worker looks, or while it is busy with one of them.
  it('bring a reminder and the click together, ten times: one activation, no reminder twice', async () => {
    await meetingClicks(first.afterMs, async ({ played }, hint) => {
      assert.deepEqual(await played.ended(), { outcome: 'activated' }, hint);
      const calls = sinceWelcome(played).filter((call) => call !== allReminders[0]);
      assert.deepEqual(calls, ended.activated, hint);
      assert.ok(countOf(played, allReminders[0]!) <= 1, hint);
    });
  });

  it('bring expiry and the click together, ten times: exactly one of them wins', async () => {
    await meetingClicks(verifyWithinMs, assertOneWinner);
  });

  it('bring the click into the expiry, many times: the account stays closed, and nothing else is told', async () => {
    // Before the account is closed, before the workflow has heard of it, and while the customer is told.
    const moments: ((signup: Signup) => Promise<void>)[] = [
      ({ closing }) => closing,
      ({ closed }) => closed,
      ({ played }) => played.attempted('sendEmail expired'),
    ];
    const pairs = await Promise.all(Array.from({ length: 21 }, () => withAccount()));
    await mocked.sleep(verifyWithinMs - hourMs);
    const clicking = pairs.map(async (signup, index) => {
      const { played } = signup;
      await moments[index % moments.length]!(signup);
      await played.handle.signal(verifySignal).catch(ifGone);
    });
    await mocked.sleep(hourMs + marginMs);
    await Promise.all(clicking);
    for (const [index, signup] of pairs.entries()) {
      await assertOneWinner(signup, `moment ${index % moments.length}`);
      assert.equal(signup.account.status, 'expired');
    }
  });

  /** A signup of which the welcome was recorded: it waits for the click. */
  async function waiting(mocks: Partial<Steps> = {}, on = mocked): Promise<Played> {
    const played = await on.play(mocks);
    await played.attempted('recordNotified');
    return played;
  }

  /** One with an account that is as in the database: whoever comes second is told. Closing it takes a moment. */
  async function withAccount(on = mocked): Promise<Signup> {
    const account: Account = { status: 'pending' };
    const become = (status: string) => {
      if (account.status === 'pending') account.status = status;
      return account.status === status;
    };
    const { opened: closing, open: close } = gate();
    const { opened: closed, open: haveClosed } = gate();
    const played = await waiting(
      {
        activateAccount: async () =>
          become('activated') ? { ok: 'activated' } : { refused: 'closed', message: 'too late' },
        async closeAccount({ reason }) {
          close();
          await delay(50);
          const isClosed = become(reason);
          haveClosed();
          return isClosed ? { ok: 'closed' } : { refused: 'active', message: 'too late' };
        },
      },
      on,
    );
    return { played, account, closing, closed };
  }

  /** Ten signups that are clicked within half a second of that time after step 1, either way, before a worker looks at them. */
  async function meetingClicks(
    afterMs: number,
    check: (signup: Signup, hint: string) => Promise<void>,
  ): Promise<void> {
    const random = seeded();
    const handingOver = await startMocked({ cached: false });
    try {
      const signups: Signup[] = [];
      // Opened one after the other: a worker that keeps no workflow between its tasks is slow with many steps of its own.
      while (signups.length < 10) signups.push(await withAccount(handingOver));
      const at = await Promise.all(signups.map(async ({ played }) => (await openedAt(played)) + afterMs));
      await sleepUntil(at[0]! - hourMs, handingOver);
      const due = reminders.filter((reminder) => reminder.afterMs < afterMs - hourMs);
      for (const { played } of signups) {
        for (const { purpose } of due) await played.attempted(`sendEmail ${purpose}`);
      }
      await handingOver.whileAway(async () => {
        await sleepUntil(at[0]! - secondMs / 2, handingOver);
        await Promise.all(
          signups.map(async ({ played }, index) => {
            await delay(at[index]! - at[0]! + secondMs * random.next());
            await played.handle.signal(verifySignal);
          }),
        );
        await until('all of them to be due', async () => {
          return (await handingOver.environment.currentTimeMs()) > at.at(-1)! + secondMs;
        });
      });
      for (const signup of signups) await check(signup, `seed ${random.seed}`);
    } finally {
      await handingOver.endAll();
      await handingOver.stop();
    }
  }

  async function sleepUntil(at: number, on = mocked): Promise<void> {
    await on.sleep(Math.max(0, at - (await on.environment.currentTimeMs())));
  }
});

type Account = { status: string };

/** `closing` resolves once its account is about to be closed, `closed` once it is, of which the workflow has yet to hear. */
type Signup = { played: Played; account: Account; closing: Promise<void>; closed: Promise<void> };

/** The workflow, the account and the mails say the same. */
async function assertOneWinner({ played, account }: Signup, hint: string): Promise<void> {
  const { outcome } = await played.ended();
  assert.equal(account.status, outcome, hint);
  const told = ['sendEmail activated', 'sendEmail expired'].filter((step) => countOf(played, step) > 0);
  assert.deepEqual(told, [`sendEmail ${outcome}`], hint);
  assert.equal(countOf(played, told[0]!), 1, hint);
}

/** The steps that were attempted since the welcome was recorded. */
function sinceWelcome({ calls }: Played): string[] {
  return calls.slice(calls.indexOf('recordNotified') + 1);
}

function countOf({ calls }: Played, step: string): number {
  return calls.filter((call) => call === step).length;
}

/** When step 1 was, as the workflow had it; the deadline and the reminders count from it. */
async function openedAt(played: Played): Promise<number> {
  return (await deadlineOf(played)) - verifyWithinMs;
}

async function deadlineOf({ handle }: Played): Promise<number> {
  const { memo } = await handle.describe();
  return Date.parse(String(memo?.['verifyBy']));
}

/** What became of a signup and when, in hours since it was opened, and how many days its run took, as its history says. */
async function timelineOf(played: Played) {
  const { events } = await played.handle.fetchHistory();
  const { steps, clickedAt, ended: end, startedAt } = readEvents(events!);
  const opened = await openedAt(played);
  const hoursAt = (step: string) => {
    const row = steps.find((each) => each.step === step);
    assert.ok(row, `${step} is in the history`);
    return (Date.parse(row.at) - opened) / hourMs;
  };
  const days = (Date.parse(end?.at ?? startedAt) - Date.parse(startedAt)) / (24 * hourMs);
  return { steps, hoursAt, clickedAt, days };
}

/** The clock runs on while a worker is at work: minutes are no matter among days. */
function about(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.01 * Math.max(1, expected), `${actual} is about ${expected}`);
}

/** A signup that has ended takes no click: it is over. */
function ifGone(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
