/**
 * Lets a crowd come. An open loop: each comes at their own time, whatever became of those before, so that a style which makes its
 * callers wait is not asked less for it. Waiting counts from when somebody was due, so that a stall of this process is not hidden.
 */
import { setMaxListeners } from 'node:events';
import { Pool } from 'undici';
import { pause } from '../adapters/waiting.ts';
import type { CrowdComing, CrowdState } from '../domain/crowd.ts';
import { ask } from './asking.ts';
import { click, openLetterbox } from './clicks.ts';
import { customersOf, type Customer } from './customers.ts';
import { openTally } from './tally.ts';

/** A mail that comes later than this is clicked by nobody. */
const clicksWithinMs = 60_000;

/** A crowd that was let in. */
export type Crowd = {
  shown: () => CrowdState;
  /** Nobody comes any more, and whoever waits leaves. Resolves once all have left. */
  stop: () => Promise<void>;
};

/** What a crowd is made of, and whom it asks. */
export type Coming = {
  group: string;
  wanted: CrowdComing;
  apiUrl: string;
  mailboxUrl: string;
};

/** Lets it come from now on. */
export function letCome({ group, wanted, apiUrl, mailboxUrl }: Coming): Crowd {
  const customers = customersOf(group, wanted);
  const tally = openTally();
  const stopping = new AbortController();
  const { signal: stopped } = stopping;
  setMaxListeners(0, stopped);
  // Connections are not limited: nobody waits for another one's answer.
  const pool = new Pool(apiUrl, { headersTimeout: 0, bodyTimeout: 0 });
  const reading = new AbortController();
  const clicking = new Set(
    customers.filter(({ intent }) => intent === 'click').map(({ request }) => request.email),
  );
  const letterbox =
    clicking.size === 0
      ? undefined
      : openLetterbox(mailboxUrl, clicking, AbortSignal.any([stopped, reading.signal]));
  let beganAt = 0;
  let isRunning = true;

  async function live(customer: Customer): Promise<void> {
    const { request, intent } = customer;
    const dueAt = beganAt + customer.dueMs;
    await pause(Math.max(0, dueAt - performance.now()), stopped);
    if (stopped.aborted) return;
    tally.asked(request.style);
    const answer = await ask(pool, customer, performance.now() - dueAt, stopped);
    tally.answered(request.style, answer, performance.now() - dueAt);
    if (answer !== 'accepted' || intent !== 'click') return;
    const link = await letterbox?.linkTo(request.email, clicksWithinMs);
    if (link !== undefined && (await click(pool, link, stopped))) tally.clicked(request.style);
  }

  async function all(): Promise<void> {
    await letterbox?.opened;
    beganAt = performance.now();
    await Promise.all(customers.map(live));
    reading.abort();
    await pool.destroy();
    isRunning = false;
  }

  const ended = all();
  return {
    shown: () => ({ isRunning, group, count: customers.length, ...tally.shown() }),
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
