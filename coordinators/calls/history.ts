/** The history of a signup by calls: what its account proves, and what was observed of its calls, as the tracker has noted it. */
import { provenBy, refusedHistory, waitOf } from '../../activities/account-history.ts';
import { findAccount } from '../../activities/accounts.ts';
import type { Database } from '../../adapters/postgres.ts';
import { isFinal, type HistoryEntry, type ReadHistory } from '../../domain/history.ts';
import { inProcessOrder } from '../../domain/timeline.ts';
import { toldSteps } from '../../tracking/tracked.ts';

/** Reads the history of a signup from the accounts service and the tracker. */
export function callsHistory(database: Database): ReadHistory {
  return async (signupId) => {
    const account = await findAccount(database, signupId);
    if (!account) return refusedHistory(database, signupId);
    const told = (await toldSteps(database, signupId)).map((row): HistoryEntry => ({
      ...row,
      source: 'tracker',
    }));
    // The first row of a step counts, and what is final stays so.
    const candidates = [...told.filter(({ kind }) => isFinal(kind)), ...provenBy(account), ...told];
    const first = new Map(candidates.toReversed().map((row) => [row.step, row]));
    return inProcessOrder([...first.values(), ...waitOf(account)]);
  };
}
