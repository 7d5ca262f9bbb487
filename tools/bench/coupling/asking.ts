/**
 * Callers of the api. Each comes at its own time, whatever comes of those before it, and waits as long as its patience lasts. Their
 * waiting counts from when they were due, so that a stall of this process does not hide the waiting that it caused.
 */
import { Pool } from 'undici';
import type { SignupRequest } from '../../../domain/signup.ts';
import { postSignup } from '../../../crowd/asking.ts';
import { pause } from '../../../adapters/waiting.ts';

/** Who asks, for what, and when: milliseconds after the beginning. */
export type Caller = { signupId: string; key: string; request: SignupRequest; dueMs: number };

/** How long one request is waited for, and until when it is repeated with its key; not at all where that is missing. */
export type Patience = { leaveAfterMs: number; repeatWithinMs?: number };

/** What a caller got. `unavailable` counts its answers of 503. Times are milliseconds since 1970. */
export type Call = {
  signupId: string;
  askedAt: number;
  endedAt: number;
  /** The last answer; `left` where the caller left before one, `none` where the connection failed. */
  answer: number | 'left' | 'none';
  unavailable: number;
};

/** What a thread of callers is given. */
export type Asking = { api: string; callers: readonly Caller[]; beginAt: number; patience: Patience };

const repeatAfterMs = 1000;

/** When callers come who do not know of each other: so many a second, over so many seconds; in milliseconds. */
export function arrivalsOf(random: () => number, perSecond: number, seconds: number): number[] {
  const arrivals: number[] = [];
  // The intervals of independent arrivals have an exponential distribution.
  const next = (after: number) => after - (Math.log(1 - random()) / perSecond) * 1000;
  for (let at = next(0); at < seconds * 1000; at = next(at)) arrivals.push(Math.round(at));
  return arrivals;
}

/** Lets all callers come, and resolves once each has its answer or has left. */
export async function askAll({ api, callers, beginAt, patience }: Asking): Promise<Call[]> {
  const pool = new Pool(api, { headersTimeout: 0, bodyTimeout: 0 });
  try {
    return await Promise.all(
      callers.map(async (caller) => {
        const askedAt = beginAt + caller.dueMs;
        await pause(Math.max(0, askedAt - Date.now()));
        return callFor(pool, caller, askedAt, patience);
      }),
    );
  } finally {
    await pool.destroy();
  }
}

async function callFor(
  pool: Pool,
  caller: Caller,
  askedAt: number,
  { leaveAfterMs, repeatWithinMs = 0 }: Patience,
): Promise<Call> {
  const { signupId } = caller;
  let unavailable = 0;
  while (true) {
    // A request that is repeated has all of its time each time.
    const waitsSince = repeatWithinMs > 0 ? Date.now() : askedAt;
    const answer = await ask(pool, caller, Math.max(1, waitsSince + leaveAfterMs - Date.now()));
    if (answer === 503) unavailable += 1;
    const isAnswered = typeof answer === 'number' && answer < 500;
    const endedAt = Date.now();
    if (isAnswered || endedAt + repeatAfterMs > askedAt + repeatWithinMs) {
      return { signupId, askedAt, endedAt, answer, unavailable };
    }
    await pause(repeatAfterMs);
  }
}

async function ask(pool: Pool, caller: Caller, withinMs: number): Promise<Call['answer']> {
  const signal = AbortSignal.timeout(withinMs);
  try {
    const { statusCode, body } = await postSignup(pool, caller, signal);
    await body.dump();
    return statusCode;
  } catch {
    return signal.aborted ? 'left' : 'none';
  }
}
