/**
 * Watches the steps of workflows as a worker plays them, for lists and the feed. It stands beside: no step waits for it, none
 * fails with it, and what it misses is caught up from the history.
 */
import type { Info } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { v5 as uuidv5 } from 'uuid';
import { endOf, type ObservedKind } from '../../domain/history.ts';
import { PermanentFault, type Answer } from '../../domain/steps.ts';
import type { Style } from '../../domain/signup.ts';
import type { Observation } from '../../domain/tracked.ts';

// Cost 6 (orchestration): the engine tells of one workflow at a time. What happens in all of them, in one order, takes observers
// in every worker, and a look at what those missed.
/**
 * What an attempt at a step came to. Seen live or read from the history, once or often, it is the same
 * observation.
 */
export function observation({
  activityId,
  ...seen
}: Omit<Observation, 'id'> & { activityId: string }): Observation {
  const id = uuidv5(`${seen.step} ${activityId} ${seen.attempts} ${seen.kind}`, seen.signupId);
  return { ...seen, id };
}

/** What any step is asked with; most with its time, the first with the group of its signup. */
type StepInput = { signupId: string; at?: string; group?: string };

/** An interceptor that tells of every attempt at a step, local activities included; `onRetry` is called with style and name of those that will be repeated. */
export function observing(
  style: Style,
  observe: (observed: Observation) => void,
  onRetry: (style: Style, step: string) => void,
): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute({ args, ...input }, next) {
        const beganAt = Date.now();
        const attempting = next({ args, ...input });
        void attempting
          .then(
            (answer) => tell(endOf(answer as Answer<unknown, string>)),
            (fault: unknown) => tell(faultOf(fault, info)),
          )
          .catch(() => {});
        return attempting;

        // When an attempt was due, the server says in the workflow's own time, which may be ahead of the clock but never behind it.
        function ownTime(): string {
          const tookMs = Date.now() - beganAt;
          return new Date(
            Math.max(info.currentAttemptScheduledTimestampMs + tookMs, Date.now()),
          ).toISOString();
        }
        function tell(seen: { kind: ObservedKind; detail: string | null } | undefined): void {
          if (!seen) return;
          const { activityId, activityType: step, attempt: attempts } = info;
          const { signupId, group, at = ownTime() } = args[0] as StepInput;
          if (seen.kind === 'retrying') onRetry(style, step);
          observe(observation({ style, signupId, group, activityId, step, attempts, at, ...seen }));
        }
      },
    },
  });
}

/** A cancelled attempt says nothing of its step. The policy that decides about the next attempt comes with the activity. */
function faultOf(fault: unknown, { attempt, retryPolicy }: Info) {
  if (!(fault instanceof Error) || fault instanceof CancelledFailure) return undefined;
  const isLast = fault instanceof PermanentFault || attempt === retryPolicy?.maximumAttempts;
  return { kind: isLast ? 'parked' : 'retrying', detail: fault.message } as const;
}
