/**
 * What both histories have in common: the order of their rows, and the row of the wait for the click.
 *
 * Rows come in the order of the process, not of time: steps that run side by side end in any order, and two histories can be
 * laid next to each other only if theirs does not matter. When each came to where it is, its `at` says.
 */
import type { EntrySource, HistoryEntry } from './history.ts';
import { clickRow, processOrder } from './process.ts';

/** The rows in the order of the process; steps it does not name come last, by name. */
export function inProcessOrder(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const place = ({ step }: HistoryEntry) => {
    const index = (processOrder as readonly string[]).indexOf(step);
    return index === -1 ? processOrder.length : index;
  };
  return entries.toSorted((one, other) => place(one) - place(other) || (one.step < other.step ? -1 : 1));
}

/** What is known of the wait for the click: since when and until when, and what ended it, if anything has. */
export type Wait = {
  since: string;
  verifyBy: string;
  clickedAt?: string | undefined;
  /** Closed before a click came, and why. */
  closed?: { at: string; because: string } | undefined;
  source: EntrySource;
};

/** The row of the wait for the click. No attempts are made at a wait. */
export function waitForClick({ since, verifyBy, clickedAt, closed, source }: Wait): HistoryEntry {
  const row = { step: clickRow, attempts: 0, source };
  if (clickedAt !== undefined) return { ...row, at: clickedAt, kind: 'done', detail: null };
  if (closed) return { ...row, at: closed.at, kind: 'skipped', detail: closed.because };
  return { ...row, at: since, kind: 'waiting', detail: `until ${verifyBy}` };
}

/** Why the click is not waited for any more, in the words of every history. */
export const closedAs = (reason: string) => `the account was closed: ${reason}`;
