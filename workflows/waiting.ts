/** Waiting, as this process does it: for a fact until a deadline, and beside what goes on meanwhile. */
import { condition } from '@temporalio/workflow';

/**
 * Waits until something is so, at most until `deadline` (ISO 8601). Says whether it is. A deadline in the past waits for nothing.
 * `summary` says in the Temporal UI what the timer waits for.
 */
export async function conditionBefore(
  deadline: string,
  summary: string,
  isSo: () => boolean,
): Promise<boolean> {
  const leftMs = Date.parse(deadline) - Date.now();
  return leftMs > 0 ? condition(isSo, leftMs, { summary }) : isSo();
}

/** What runs beside the process, and is waited for at its end. */
export type Asides = {
  beside(work: Promise<unknown>): void;
  /** Rejects with the first that failed. */
  allDone(): Promise<unknown>;
};

/** An empty list of them. */
export function asides(): Asides {
  const all: Promise<unknown>[] = [];
  return {
    beside(work) {
      // Waited for later; until then a cancellation must not count as unhandled.
      work.catch(() => {});
      all.push(work);
    },
    allDone: () => Promise.all(all),
  };
}
