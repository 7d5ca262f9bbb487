/**
 * The history of a signup by choreography. No service holds it: each has told of its steps, the tracker has
 * noted what it was told, and the accounts service also has rows of its own, which count where the tracker
 * lags or the broker is away.
 */
import { findAccount, type AccountRow } from '../../activities/accounts.ts';
import { statement, type Database } from '../../adapters/postgres.ts';
import { ownSteps } from './own-steps.ts';
import { toldSteps } from '../../tracking/tracked.ts';
import { isFinal, type HistoryEntry, type ReadHistory } from '../../domain/history.ts';
import { closedAs, inProcessOrder, waitForClick } from '../../domain/timeline.ts';

const selectRefusal = statement<{ message: string; at: string }>(
  'select-refusal',
  `select coalesce(refusal_message, '') as message, requested_at as at from requests
   where signup_id = $1 and refusal is not null`,
);

/** Reads the history of a signup from the accounts service and the tracker. */
export function chainHistory(database: Database): ReadHistory {
  const ownOf = ownSteps();

  return async (signupId) => {
    const account = await findAccount(database, signupId);
    if (!account) return refusedHistory(signupId);
    const [told, own] = await Promise.all([noted(signupId), openHere(signupId)]);
    // The first row of a step counts. What is final stays so; of what is open, the service's own rows know first.
    const candidates = [
      ...told.filter(({ kind }) => isFinal(kind)),
      ...provenBy(account),
      ...own.map((row) => ({ ...row, at: told.find(({ step }) => step === row.step)?.at ?? row.at })),
      ...told,
    ];
    const first = new Map(candidates.toReversed().map((row) => [row.step, row]));
    return inProcessOrder([...first.values(), ...waitOf(account)]);
  };

  async function refusedHistory(signupId: string): Promise<HistoryEntry[] | undefined> {
    const [refused] = await selectRefusal(database, signupId);
    if (!refused) return undefined;
    const { message: detail, at } = refused;
    return [{ at, kind: 'refused', step: 'openAccount', attempts: 1, detail, source: 'accounts' }];
  }

  async function noted(signupId: string): Promise<HistoryEntry[]> {
    return (await toldSteps(database, signupId)).map((row) => ({ ...row, source: 'tracker' }));
  }

  /** What the accounts service itself has yet to do. */
  async function openHere(signupId: string): Promise<HistoryEntry[]> {
    return (await ownOf.openOf(database, signupId)).map((row) => ({ ...row, source: 'accounts' }));
  }
}

/** The steps that an account could not be as it is without. How many attempts they took, it does not say. */
function provenBy(account: AccountRow): HistoryEntry[] {
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

/** Not for a tombstone: its signup never waited. */
function waitOf(account: AccountRow): HistoryEntry[] {
  const { opened_at: since, verify_by: verifyBy, closed_at: closedAt, close_reason: reason } = account;
  if (verifyBy === null) return [];
  const clickedAt = account.activated_at ?? undefined;
  const closed =
    closedAt === null || reason === null ? undefined : { at: closedAt, because: closedAs(reason) };
  return [waitForClick({ since, verifyBy, clickedAt, closed, source: 'accounts' })];
}
