/** Waiting, in the three ways there are: for a while, for the next time that something is to be done, and for a fact. */
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Whether a process stays alive for it; it does unless told otherwise. */
type Keeping = { ref?: boolean };

/** Resolves after `ms`, or at once when the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal, { ref = true }: Keeping = {}): Promise<void> {
  await delay(ms, undefined, { ref, ...(signal && { signal }) }).catch(() => {});
}

/**
 * Repeats work until the signal is aborted, `ms` apart, or as many as the work itself resolves with. An abort cuts the pause short,
 * not the work. Throws what the work throws.
 */
export async function every(
  ms: number,
  work: () => Promise<number | void>,
  signal: AbortSignal,
  keeping?: Keeping,
): Promise<void> {
  while (!signal.aborted) {
    const nextAfterMs = await work();
    await pause(nextAfterMs ?? ms, signal, keeping);
  }
}

/** How long `until` looks, how far apart its looks are, and what ends it before. */
export type Patience = { withinMs?: number; everyMs?: number; signal?: AbortSignal };

/**
 * Looks until `look` gives something that is neither undefined nor false, and returns it. Throws after `withinMs`, saying what it
 * waited for and what it last saw: throw an error from `look` to say what is seen meanwhile.
 */
export async function until<T extends object | string | number | true | null>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 30_000, everyMs = 50, signal }: Patience = {},
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  let last: unknown = 'nothing yet';
  do {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    await pause(everyMs, signal);
  } while (Date.now() < giveUpAt);
  throw new Error(`waited ${withinMs / 1000} s for ${what}; last seen: ${inspect(last, { depth: 4 })}`);
}
