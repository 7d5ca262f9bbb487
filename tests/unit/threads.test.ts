/**
 * The pool of threads of callers that wait: how it grows, what it refuses, what becomes of a thread, and that
 * one stands still.
 */
import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { until } from '../../adapters/waiting.ts';
import { openThreads, type ThreadLimits, type Threads } from '../../coordinators/calls/threads/pool.ts';
import { Exhausted } from '../../domain/coordinator.ts';
import type { CalledSteps, SignUp } from '../../synchronous/steps.ts';

const ada: SignUp = {
  signupId: '5f0c8e1e-0000-4000-8000-000000000001',
  style: 'choreography',
  email: 'ada@example.com',
  phone: '+15550001111',
};
const opened = {
  openedAt: '2026-01-01T00:00:00Z',
  verifyBy: '2026-01-04T00:00:00Z',
  verificationLink: 'http://link',
};

describe('The threads of callers that wait', () => {
  it('grow one by one while a caller waits, and never beyond their limit', () =>
    withThreads({ atMost: 3, queueAtMost: 10 }, async ({ threads, signUp, release, inside }) => {
      assert.equal(threads.figures().threads, 0, 'no thread before the first caller');
      await signUp(release.atOnce);
      assert.equal(threads.figures().threads, 1);
      await signUp(release.atOnce);
      assert.equal(threads.figures().threads, 1, 'a thread that is free is used again');

      const all = Array.from({ length: 8 }, () => signUp());
      await until('three to stand still', () => inside() === 3);
      assert.deepEqual(threads.figures(), { threads: 3, standingStill: 3, waiting: 5, refused: 0 });
      release();
      assert.equal((await Promise.all(all)).length, 8);
      assert.deepEqual(threads.figures(), { threads: 3, standingStill: 0, waiting: 0, refused: 0 });
    }));

  it('refuse at once what neither runs nor has a place in the line', () =>
    withThreads({ atMost: 2, queueAtMost: 3 }, async ({ threads, signUp, release, inside }) => {
      const all = Array.from({ length: 9 }, () => signUp());
      const refused = (await Promise.allSettled(all.slice(5))).map((end) => 'reason' in end && end.reason);
      assert.equal(refused.length, 4);
      for (const why of refused) {
        assert.ok(why instanceof Exhausted);
        assert.equal(why.message, 'all 2 threads stand still, and 3 callers wait for one');
      }
      await until('two to stand still', () => inside() === 2);
      assert.deepEqual(threads.figures(), { threads: 2, standingStill: 2, waiting: 3, refused: 4 });
      release();
      await Promise.all(all.slice(0, 5));
      assert.ok('ok' in (await signUp()), 'who comes afterwards is let in');
    }));

  it('take the callers that wait in their order', () =>
    withThreads({ atMost: 1, queueAtMost: 10 }, async ({ signUp, release }) => {
      const order: number[] = [];
      const all = [1, 2, 3, 4].map((number) => signUp().then(() => order.push(number)));
      release();
      await Promise.all(all);
      assert.deepEqual(order, [1, 2, 3, 4]);
    }));

  it('end where they have nothing to do, except for a few', () =>
    withThreads(
      { atMost: 4, queueAtMost: 0, keep: 1, idleMs: 20 },
      async ({ threads, signUp, release, inside }) => {
        const all = Array.from({ length: 4 }, () => signUp());
        await until('four to stand still', () => inside() === 4);
        release();
        await Promise.all(all);
        await until('three to have ended', () => threads.figures().threads === 1);
        assert.ok('ok' in (await signUp()), 'the one that is kept is of use');
        assert.equal(threads.figures().threads, 1);
      },
    ));

  it('tell a caller whose thread died, and replace it', () =>
    withThreads({ atMost: 1, queueAtMost: 10 }, async ({ threads, signUp, release, inside, workers }) => {
      const unlucky = signUp();
      const next = signUp();
      await until('it to stand still', () => inside() === 1);
      await workers[0]!.terminate();
      await assert.rejects(unlucky, /the thread of this signup died/);
      release();
      assert.ok('ok' in (await next));
      assert.equal(workers.length, 2);
      assert.equal(threads.figures().threads, 1);
    }));

  it('close once what runs has ended, and refuse what waits', () =>
    withThreads({ atMost: 2, queueAtMost: 10 }, async ({ threads, signUp, release, inside, workers }) => {
      const running = [signUp(), signUp()];
      await until('two to stand still', () => inside() === 2);
      const inLine = signUp();
      const closed = threads.close();
      await assert.rejects(inLine, Exhausted);
      await assert.rejects(signUp(), Exhausted);
      assert.equal(threads.figures().standingStill, 2);
      release();
      assert.equal((await Promise.all(running)).filter((end) => 'ok' in end).length, 2);
      await closed;
      assert.equal(threads.figures().threads, 0);
      assert.deepEqual(
        workers.map(({ threadId }) => threadId),
        [-1, -1],
      );
    }));

  it('stand still in the kernel during a call, while the main thread serves others', () =>
    withThreads({ atMost: 1, queueAtMost: 10 }, async ({ signUp, release, inside, workers }) => {
      const waits = signUp();
      await until('it to stand still', () => inside() === 1);
      const { eventLoopUtilization } = workers[0]!.performance;
      const before = eventLoopUtilization();
      await until('time to pass', () => eventLoopUtilization().active - before.active > 100);
      assert.equal(eventLoopUtilization().idle, before.idle, 'its event loop does not turn');
      if (process.platform === 'linux')
        await until('it to sleep', async () => {
          const states = await statesOf('signup');
          if (states.join() === 'S (sleeping)') return true;
          throw new Error(states.join());
        });
      release();
      await waits;
      await until('its event loop to turn', () => eventLoopUtilization().idle > before.idle);
    }));
});

describe('A process in a thread', () => {
  it('serves both channels, one after the other, and answers with the account', () =>
    withThreads({}, async ({ signUp, release, calls }) => {
      assert.deepEqual(await signUp(release.atOnce), { ok: opened });
      assert.deepEqual(calls, [
        'openAccount',
        'sendEmail welcome',
        'sendSms welcome',
        'recordNotified sent sent',
      ]);
    }));

  it('ends with the fault of a step, as the step threw it', () =>
    withThreads({}, async ({ signUp, calls }) => {
      const fault = new Error('450 mailbox busy');
      const ended = signUp({ sendEmail: () => Promise.reject(fault) });
      await assert.rejects(ended, (error) => error === fault);
      assert.deepEqual(calls, ['openAccount']);
    }));

  it('gives an SMS up that is faulted, and records it as failed', () =>
    withThreads({}, async ({ signUp, release, calls }) => {
      const sendSms = () => Promise.reject(new Error('no route'));
      assert.deepEqual(await signUp({ ...release.atOnce, sendSms }), { ok: opened });
      assert.equal(calls.at(-1), 'recordNotified sent failed');
    }));

  it('closes the account of an address that does not exist, and tells by SMS', () =>
    withThreads({}, async ({ signUp, calls }) => {
      const refused = { refused: 'undeliverable', message: 'no such mailbox' } as const;
      assert.deepEqual(await signUp({ sendEmail: () => Promise.resolve(refused) }), refused);
      assert.deepEqual(calls, [
        'openAccount',
        'sendSms welcome',
        'closeAccount undeliverable',
        'sendSms closed',
      ]);
    }));

  it('does nothing more where no account is opened', () =>
    withThreads({}, async ({ signUp, calls }) => {
      const refused = { refused: 'email-taken', message: 'taken' } as const;
      assert.deepEqual(await signUp({ openAccount: () => Promise.resolve(refused) }), refused);
      assert.deepEqual(calls, []);
    }));

  it('activates at the click, whether or not the mail that tells of it is sent', () =>
    withThreads({}, async ({ threads, stepsWith, calls }) => {
      const { signupId, email } = ada;
      const steps = stepsWith({ sendEmail: () => Promise.reject(new Error('450 mailbox busy')) });
      assert.deepEqual(await threads.run('click', steps, { signupId, email }), { ok: 'activated' });
      assert.deepEqual(calls, ['activateAccount']);
    }));
});

/** The states of the threads of this process that have a name, as the kernel tells them. */
async function statesOf(name: string): Promise<string[]> {
  const states: string[] = [];
  for (const id of await readdir('/proc/self/task')) {
    const status = await readFile(`/proc/self/task/${id}/status`, 'utf8').catch(() => '');
    if (/^Name:\t(.*)$/m.exec(status)?.[1] === name) states.push(/^State:\t(.*)$/m.exec(status)![1]!);
  }
  return states;
}

/** A pool, and signups in it; it is closed at the end. */
async function withThreads(
  limits: Partial<ThreadLimits>,
  test: (given: ReturnType<typeof signups> & { threads: Threads; workers: Worker[] }) => Promise<void>,
): Promise<void> {
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  process.on('worker', note);
  const threads = openThreads({ atMost: 1, queueAtMost: 1, ...limits });
  const all = signups(threads);
  try {
    await test({ ...all, threads, workers });
  } finally {
    all.release();
    await threads.close();
    process.off('worker', note);
  }
}

/** Signups over steps whose mail waits to be released, and what was called of them. */
function signups(threads: Threads) {
  const calls: string[] = [];
  let resolve = () => {};
  const released = new Promise<void>((done) => (resolve = done));
  let inside = 0;
  const noted = <A>(call: string, answer: A): Promise<A> => {
    calls.push(call);
    return Promise.resolve(answer);
  };
  const stepsWith = (others: Partial<CalledSteps> = {}): CalledSteps => ({
    openAccount: () => noted('openAccount', { ok: opened }),
    async sendEmail({ purpose }) {
      inside += 1;
      await released;
      inside -= 1;
      return noted(`sendEmail ${purpose}`, { ok: 'sent' });
    },
    sendSms: ({ purpose }) => noted(`sendSms ${purpose}`, { ok: 'sent' }),
    recordNotified: ({ email, sms }) => noted(`recordNotified ${email} ${sms}`, { ok: 'recorded' }),
    activateAccount: () => noted('activateAccount', { ok: 'activated' }),
    closeAccount: ({ reason }) => noted(`closeAccount ${reason}`, { ok: 'closed' }),
    ...others,
  });
  const atOnce: Partial<CalledSteps> = {
    sendEmail: ({ purpose }) => noted(`sendEmail ${purpose}`, { ok: 'sent' }),
  };
  return {
    calls,
    inside: () => inside,
    release: Object.assign(() => resolve(), { atOnce }),
    stepsWith,
    signUp: (others?: Partial<CalledSteps>) => threads.run('signUp', stepsWith(others), ada),
  };
}
