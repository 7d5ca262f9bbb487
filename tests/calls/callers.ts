/** Callers of the styles that are played by calls: who asked with which key, and what each was answered. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import { idOf, postSignup, uniqueRequest, type Problem, type Reply } from '../client.ts';

export type Caller = { key: string; id: string; request: SignupRequest };
export type Answered = Caller & { reply: Reply<Signup & Problem> };

/** So many, each with an address of its own. */
export function callersOf(style: Style, count: number): Caller[] {
  return Array.from({ length: count }, () => {
    const key = randomUUID();
    return { key, id: idOf(style, key), request: uniqueRequest(style) };
  });
}

/** What `SYNCHRONOUS_PATIENCE_MS` is unless set: no request is answered later. */
const patienceMs = 10_000;
/** So late an answer may be seen on a machine that is busy. */
const lateMs = 10_000;

/** Asks, and has an answer. Rejects where there is none within the time limit of a request. */
export async function ask(caller: Caller): Promise<Answered> {
  const answered = new AbortController();
  const hangs = delay(patienceMs + lateMs, undefined, { ref: false, signal: answered.signal }).then(() => {
    throw new Error(`no answer to POST /signups with key ${caller.key} within ${patienceMs + lateMs} ms`);
  });
  hangs.catch(() => {});
  try {
    return { ...caller, reply: await Promise.race([postSignup(caller.request, { key: caller.key }), hangs]) };
  } finally {
    answered.abort();
  }
}

/** What an answer is: the last word of a problem's type, or the status of one that is none. */
export function wordOf({ reply: { status, body } }: Answered): string {
  return typeof body.type === 'string' ? body.type.split(':').at(-1)! : String(status);
}
