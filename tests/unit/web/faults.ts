/** What the supervisor tells of a switch, as the tests of the page make it. */
import type { FaultName, FaultState } from '../../../domain/faults.ts';

/** A switch that is not on. */
export function stateWhenWell(name: FaultName, isHere = true): FaultState {
  return { name, isHere, whyNot: null, healsAt: null, remainingMs: null, askedBy: null };
}
