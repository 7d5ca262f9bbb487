/**
 * The history of a signup by choreography. No service holds it: each has told of its steps, the tracker has
 * noted what it was told, and the accounts service also has rows of its own, which count where the tracker
 * lags or the broker is away.
 */
import { provenBy, refusedHistory, waitOf } from '../../activities/account-history.ts';
import { findAccount } from '../../activities/accounts.ts';
import type { Database } from '../../adapters/postgres.ts';
import { ownSteps } from './own-steps.ts';
import { toldSteps } from '../../tracking/tracked.ts';
import { isFinal, type HistoryEntry, type ReadHistory } from '../../domain/history.ts';
import { inProcessOrder } from '../../domain/timeline.ts';

/** Reads the history of a signup from the accounts service and the tracker. */
export function chainHistory(database: Database): ReadHistory {
  const ownOf = ownSteps();

  return async (signupId) => {
    const account = await findAccount(database, signupId);
    if (!account) return refusedHistory(database, signupId);
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

  async function noted(signupId: string): Promise<HistoryEntry[]> {
    return (await toldSteps(database, signupId)).map((row) => ({ ...row, source: 'tracker' }));
  }

  /** What the accounts service itself has yet to do. */
  async function openHere(signupId: string): Promise<HistoryEntry[]> {
    return (await ownOf.openOf(database, signupId)).map((row) => ({ ...row, source: 'accounts' }));
  }
}
