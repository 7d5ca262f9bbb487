/** Whether what runs still does its work: what hangs, or answers and does nothing, has not ended and is not noticed otherwise. */
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from './error.ts';

/** How often it is looked, which is also how long a look may take, and how many in a row are in vain before it counts. */
export type Looks = { everyMs: number; inVain: number };

/** Looks again and again; resolves with the reason once too many looks in a row were in vain, or with nothing once `ended`. */
export async function untilUseless(
  alive: () => Promise<unknown>,
  ended: Promise<unknown>,
  { everyMs, inVain }: Looks,
): Promise<string | undefined> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  let failed = 0;
  for (;;) {
    await Promise.race([delay(everyMs, undefined, { ref: false }), ended]);
    if (hasEnded) return undefined;
    try {
      await Promise.race([alive(), rejectAfter(everyMs)]);
      failed = 0;
    } catch (error) {
      failed += 1;
      if (failed >= inVain && !hasEnded) return reasonOf(error);
    }
  }
}

async function rejectAfter(milliseconds: number): Promise<never> {
  await delay(milliseconds, undefined, { ref: false });
  throw new Error(`no answer within ${milliseconds / 1000} s`);
}
