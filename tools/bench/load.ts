/** The two kinds of load: a closed loop, where each client waits for its signup, and an open one, where nobody waits. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Played } from './figures.ts';
import type { Target } from './target.ts';

/** `clients` of a closed loop, or the signups `sentPerSecond` of an open one. */
export type Load = { clients: number } | { sentPerSecond: number; random: () => number };

/** Applies a load until `isOver`, and resolves once every signup that was sent is notified. */
export async function apply(
  load: Load,
  { signUp }: Target,
  isOver: () => boolean,
  played: (signup: Played) => void,
): Promise<void> {
  if ('clients' in load) {
    await Promise.all(
      Array.from({ length: load.clients }, async () => {
        while (!isOver()) played(await signUp());
      }),
    );
    return;
  }
  const sent: Promise<void>[] = [];
  // As independent people come: intervals of an exponential distribution. Counted from when each should have been sent,
  // so that a stall of ours does not hide the waiting it caused.
  let dueAt = performance.now();
  while (!isOver()) {
    dueAt -= (Math.log(1 - load.random()) / load.sentPerSecond) * 1000;
    const early = dueAt - performance.now();
    if (early > 0) await delay(early);
    const sending = signUp(dueAt).then(played);
    // Awaited below; a failure must not count as unhandled until then.
    sending.catch(() => {});
    sent.push(sending);
  }
  await Promise.all(sent);
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
