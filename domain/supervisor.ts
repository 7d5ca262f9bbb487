/** What the API asks of the supervisor of its stack. Only a supervisor starts, ends and breaks processes; all others ask it. */
import type { FaultName, FaultState, FaultWish } from './faults.ts';
import type { ProcessReport } from './report.ts';

/** Every request throws `SupervisorAway` where none answers. */
export type Supervisor = {
  /** Its processes and the parts of the stack, also those that it has only attached to. */
  processes(): Promise<ProcessReport[]>;
  /** Starts a process that runs on demand; resolves once it is healthy, and at once where it runs. */
  start(process: string): Promise<void>;
  /** Resolves once it has ended; nothing where it does not run. */
  stop(process: string): Promise<void>;
  /** Every fault there is, as it is in this stack. */
  faults(): Promise<FaultState[]>;
  /**
   * Breaks something until it is healed, by somebody or by itself; where it is broken, its time begins anew. What ends the caller's own
   * process happens once `answered` resolves. Throws `NotSwitchable`.
   */
  break(fault: FaultName, wish: FaultWish, answered?: Promise<void>): Promise<FaultState>;
  /** Resolves once it is well, or all is; nothing where it was. */
  heal(fault?: FaultName): Promise<void>;
};

/** There is no supervisor, or it does not answer. */
export class SupervisorAway extends Error {
  override name = 'SupervisorAway';
}

/** A fault cannot be switched in this stack, or not now: says why, and with what it could. */
export class NotSwitchable extends Error {
  override name = 'NotSwitchable';
}

/** The supervisor did not succeed. */
export class SupervisorFailed extends Error {
  override name = 'SupervisorFailed';
}
