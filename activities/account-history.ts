/** What the rows of the accounts service prove of a signup's history, whatever else is known of it. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { HistoryEntry } from '../domain/history.ts';
import { closedAs, waitForClick } from '../domain/timeline.ts';
import type { AccountRow } from './accounts.ts';

const selectRefusal = statement<{ message: string; at: string }>(
  'select-refusal',
  `select coalesce(refusal_message, '') as message, requested_at as at from requests
   where signup_id = $1 and refusal is not null`,
);

/** The history of a request that was refused; undefined where none was. */
export async function refusedHistory(on: Queryable, signupId: string): Promise<HistoryEntry[] | undefined> {
  const [refused] = await selectRefusal(on, signupId);
  if (!refused) return undefined;
  const { message: detail, at } = refused;
  return [{ at, kind: 'refused', step: 'openAccount', attempts: 1, detail, source: 'accounts' }];
}

/** The steps that an account could not be as it is without. How many attempts they took, it does not say. */
export function provenBy(account: AccountRow): HistoryEntry[] {
  const { opened_at: opened, notified_at: notified, activated_at: activated, closed_at: closed } = account;
  const done = (step: string, at: string | null): HistoryEntry[] =>
    at === null ? [] : [{ at, kind: 'done', step, attempts: 1, detail: null, source: 'accounts' }];
  return [
    ...done('openAccount', opened),
    ...done('recordNotified', notified),
    ...done('activateAccount', activated),
    ...done(`closeAccount ${account.close_reason}`, closed),
  ];
}

/** The row of the wait for the click. Not for a tombstone: its signup never waited. */
export function waitOf(account: AccountRow): HistoryEntry[] {
  const { opened_at: since, verify_by: verifyBy, closed_at: closedAt, close_reason: reason } = account;
  if (verifyBy === null) return [];
  const clickedAt = account.activated_at ?? undefined;
  const closed =
    closedAt === null || reason === null ? undefined : { at: closedAt, because: closedAs(reason) };
  return [waitForClick({ since, verifyBy, clickedAt, closed, source: 'accounts' })];
}
