/**
 * The side of the HTTP edge that plays a signup by calls: the request itself coordinates. The caller waits until all is done, and
 * is the only one that can have it go on where it was not.
 */
import { findAccount, personOf, signupOf } from '../../activities/accounts.ts';
import {
  firstAnswer,
  insertRequest,
  markRefused,
  signupAskedFor,
  withdrawRequest,
} from '../../activities/requests.ts';
import { canWrite, type Database } from '../../adapters/postgres.ts';
import {
  Exhausted,
  Unavailable,
  Unfinished,
  type Coordinator,
  type Started,
} from '../../domain/coordinator.ts';
import { inWords } from '../../domain/duration.ts';
import type { Signup, SignupRequest } from '../../domain/signup.ts';
import type { OpenRefusal, Refused } from '../../domain/steps.ts';
import type {
  CalledSteps,
  Click,
  ClickEnded,
  Compensate,
  SignedUp,
  SignUp,
} from '../../synchronous/steps.ts';
import type { NotificationsDoor } from './called-steps.ts';
import { fastForward } from './fast-forward.ts';
import type { MakeVisit } from './poller.ts';
import { selectNextVisit } from './visits.ts';

/** The processes of a style, as its telling has them. */
export type Processes = {
  signUp(steps: CalledSteps, input: SignUp): Promise<SignedUp>;
  compensate(steps: CalledSteps, input: Compensate): Promise<void>;
  click(steps: CalledSteps, input: Click): Promise<ClickEnded>;
};

/** The coordinator of a style whose requests play these processes, each for at most `patienceMs`. */
export function callsCoordinator(options: {
  database: Database;
  steps: CalledSteps;
  door: NotificationsDoor;
  processes: Processes;
  visit: MakeVisit;
  patienceMs: number;
}): Coordinator {
  const { database, steps, door, processes, visit, patienceMs } = options;

  return {
    // Cost 4 (synchronous): the request that is repeated coordinates. A signup that is not finished waits for its caller.
    async start(signupId, request) {
      const noted = await insertRequest(database, signupId, request, new Date().toISOString());
      const first = await firstAnswer(database, signupId, request);
      if (!('account' in first)) return first;
      const { account } = first;
      // A tombstone is for step 1 to refuse.
      const isFinished = account?.style && (account.status !== 'pending' || account.notified_at !== null);
      if (account?.close_reason === 'undeliverable' && (await isFollowedUp(signupId))) {
        // The process of the first request may have ended between closing the account and telling of it.
        await inTime(processes.compensate(steps, { signupId, phone: request.phone }));
      }
      if (isFinished) return finished(signupId);
      try {
        const refusal = await inTime(refusalOf(signupId, request));
        return refusal ?? (await finished(signupId));
      } catch (fault) {
        // A caller that was turned away has asked for nothing: no signup may stay `opening` for ever.
        if (fault instanceof Exhausted && noted.length > 0) await withdrawRequest(database, signupId);
        throw fault;
      }
    },

    async click(signupId) {
      const account = await findAccount(database, signupId);
      const person = personOf(account);
      if (!account || !person) return 'unknown';
      // Its mail was sent long ago, which the notifications service may have forgotten.
      if (account.status === 'active' && !(await isFollowedUp(signupId))) return 'activated';
      const clicked = await inTime(processes.click(steps, { signupId, ...person }));
      return 'refused' in clicked ? 'closed' : 'activated';
    },

    find,

    // Nothing is ever parked.
    resume: async () => {},

    fastForward: (signupId, byMs) => fastForward(database, door, visit, signupId, byMs),

    async missing() {
      if (!(await canWrite(database))) return 'database';
      return (await door.isUp()) ? undefined : 'notifications';
    },
  };

  /** Plays the process, and notes where step 1 says no: also for a caller who has left by then. */
  async function refusalOf(
    signupId: string,
    request: SignupRequest,
  ): Promise<Refused<OpenRefusal> | undefined> {
    const ended = await processes.signUp(steps, { signupId, ...request });
    if ('ok' in ended || ended.refused === 'undeliverable') return undefined;
    const { refused, message } = ended;
    // A repetition that waited for its turn may come to step 1 once the first request has ended, whose answer is its own then, too.
    if (refused === 'closed' && (await findAccount(database, signupId))?.style) return undefined;
    await markRefused(database, signupId, refused, message);
    return { refused, message };
  }

  /** Whether something may be left to do of a signup. What any other was sent, the notifications service may have forgotten. */
  async function isFollowedUp(signupId: string): Promise<boolean> {
    const [next] = await selectNextVisit(database, signupId);
    return next !== undefined;
  }

  /** Waits for a process as long as its caller does. The process itself goes on to its end. */
  async function inTime<T>(process: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const outOfTime = new Promise<never>((_, reject) => {
      const why = `it is not done after ${inWords(patienceMs)}`;
      timer = setTimeout(() => reject(new Unfinished(why)), patienceMs);
    });
    try {
      return await Promise.race([process, outOfTime]);
    } catch (fault) {
      if (fault instanceof Unavailable || fault instanceof Exhausted) throw fault;
      throw new Unfinished((fault as Error).message, { cause: fault });
    } finally {
      clearTimeout(timer);
    }
  }

  async function finished(signupId: string): Promise<Started> {
    const signup = await find(signupId);
    if (!signup) throw new Error(`the account of signup \`${signupId}\` is gone`);
    return signup.outcome === 'undeliverable' ? { undeliverable: signup } : { finished: signup };
  }

  async function find(signupId: string): Promise<Signup | undefined> {
    const account = await findAccount(database, signupId);
    return account ? signupOf(account, []) : signupAskedFor(database, signupId);
  }
}
