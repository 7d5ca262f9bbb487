/**
 * Undos, registered before the step that each undoes: a step of which it is not known whether it happened is
 * undone too.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { Answer } from '../domain/steps.ts';

type Undo<Reason> = (reason: Reason) => Promise<Answer<unknown, string>>;

export type Compensations<Reason> = {
  /** Call it before the step. */
  register(undo: Undo<Reason>): void;
  /** Runs all that is registered, newest first and out of reach of a cancellation. False where nothing was left to undo. */
  run(reason: Reason): Promise<boolean>;
};

/** An empty list of undos. */
export function compensations<Reason>(): Compensations<Reason> {
  const undos: Undo<Reason>[] = [];
  return {
    register: (undo) => void undos.unshift(undo),
    run: (reason) =>
      CancellationScope.nonCancellable(async () => {
        let isUndone = false;
        for (const undo of undos.splice(0)) if ('ok' in (await undo(reason))) isUndone = true;
        return isUndone;
      }),
  };
}
