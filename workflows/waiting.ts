/** Waiting, as this process does it: for a fact until a deadline, and for what runs in the background. */
import { condition } from '@temporalio/workflow';

/**
 * Temporal's `condition` with a deadline (ISO 8601) in place of a duration: true once `isSo` is, false once the deadline has passed. A
 * deadline in the past waits for nothing. `summary` says in the Temporal UI what the timer waits for.
 */
export async function conditionBefore(
  isSo: () => boolean,
  deadline: string,
  summary: string,
): Promise<boolean> {
  const leftMs = Date.parse(deadline) - Date.now();
  return leftMs > 0 ? condition(isSo, leftMs, { summary }) : isSo();
}

/** What runs beside the process, and is waited for at its end. */
export type Background = {
  inBackground(work: Promise<unknown>): void;
  /** Rejects with the first that failed. */
  backgroundDone(): Promise<unknown>;
};

/** A background with nothing in it. */
export function background(): Background {
  const all: Promise<unknown>[] = [];
  return {
    inBackground(work) {
      // Waited for later; until then a cancellation must not count as unhandled.
      work.catch(() => {});
      all.push(work);
    },
    backgroundDone: () => Promise.all(all),
  };
}
