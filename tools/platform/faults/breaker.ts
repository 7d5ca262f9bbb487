/** How faults are brought about and taken back. Whether they may, when, and for how long is for the leases (`leases.ts`). */
import type { FaultName } from '../../../domain/faults.ts';

/** How one fault is brought about and taken back. */
export type Breaker = {
  /** Resolves once it is broken. Where it rejects, `heal` is called all the same. */
  break: () => Promise<void>;
  /** Resolves once it is well, and where nothing was broken. Where it rejects, it is called again until it does not. */
  heal: () => Promise<void>;
  /**
   * Resolves where it is well before its time, as a process is that has been started again: its lease ends then. Called once it is
   * broken; aborted with the lease.
   */
  untilWell?: (signal: AbortSignal) => Promise<void>;
};

/** Ways to break what a plain stack cannot. */
export type Breakers = Partial<Record<FaultName, Breaker>>;

/** A fault as it is in this stack. */
export type Switch = {
  breaker: Breaker;
  /** Why it cannot be switched at present, and with what it could; undefined where it can. */
  whyNot: () => string | undefined;
};

/** Every fault, as it is in this stack. */
export type Switches = Record<FaultName, Switch>;
