/** One customer asks, once, and is answered or leaves. Whoever is turned away does not come back: what a caller sees is counted, not mended. */
import type { Dispatcher, Pool } from 'undici';
import type { SignupRequest } from '../domain/signup.ts';
import type { Customer } from './customers.ts';
import type { Answer } from './tally.ts';

/** Longer than the api waits for a style that answers after everything. */
const leavesAfterMs = 15_000;

/** One `POST /signups`, whose body is the caller's to read. */
export function postSignup(
  pool: Pool,
  { key, request }: { key: string; request: SignupRequest },
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return pool.request({
    method: 'POST',
    path: '/signups',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(request),
    signal,
  });
}

/** Asks for a signup. `waitedMs` is how long the customer waited already; `stopped` sends everybody home. */
export async function ask(
  pool: Pool,
  customer: Customer,
  waitedMs: number,
  stopped: AbortSignal,
): Promise<Answer> {
  const patience = AbortSignal.timeout(Math.max(1, Math.round(leavesAfterMs - waitedMs)));
  try {
    const signal = AbortSignal.any([patience, stopped]);
    const { statusCode, body } = await postSignup(pool, customer, signal);
    return answerOf(statusCode, await body.text());
  } catch (error) {
    if (stopped.aborted) return { failed: 'left, as the crowd was stopped' };
    if (patience.aborted) return { failed: `left after ${leavesAfterMs / 1000} s without an answer` };
    return { failed: `no answer: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What an answer means: a no of the process is one of its outcomes, everything else that is no yes is a failure. */
export function answerOf(status: number, text: string): Answer {
  if (status === 201 || status === 202) return 'accepted';
  const { type, title = 'no problem was named', detail } = problemIn(text);
  if (status === 409 || (status === 422 && type?.endsWith(':undeliverable'))) return 'refused';
  return { failed: `${status} ${title}${detail === undefined ? '' : `: ${detail}`}` };
}

function problemIn(text: string): { type?: string; title?: string; detail?: string } {
  try {
    return JSON.parse(text) as { type?: string; title?: string; detail?: string };
  } catch {
    return {};
  }
}
