/** Undos, registered before the step that each undoes: a step of which nobody knows whether it happened is undone too. */
import { CancellationScope } from '@temporalio/workflow';

type Undo<Reason> = (reason: Reason) => Promise<unknown>;

export type Compensations<Reason> = {
  /** Call it before the step. */
  register(undo: Undo<Reason>): void;
  /** Runs all that is registered, newest first, whatever is cancelled meanwhile. */
  run(reason: Reason): Promise<void>;
};

/** An empty list of undos. */
export function compensations<Reason>(): Compensations<Reason> {
  const undos: Undo<Reason>[] = [];
  return {
    register: (undo) => void undos.unshift(undo),
    run: (reason) =>
      CancellationScope.nonCancellable(async () => {
        for (const undo of undos.splice(0)) await undo(reason);
      }),
  };
}
