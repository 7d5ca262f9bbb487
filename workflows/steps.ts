/**
 * The `Steps` port as this workflow sees it: which step runs where, for how long, and how its faults are retried. After
 * the last attempt a step is parked: it waits inside the workflow until `resume`, while everything else goes on.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';
import {
  sendingSteps,
  type CloseReason,
  type Purpose,
  type RetryPolicy,
  type StepName,
} from '../domain/process.ts';
import type { ParkedStep } from '../domain/signup.ts';
import { stepNameOf, writingSteps, type Steps } from '../domain/steps.ts';

/** The steps, and which of them are parked. `resume` tries all of these again. */
export type StepsWithParking = { steps: Steps; parked: ParkedStep[]; resume(): void };

/** What a step is asked with, as far as its name needs to know it. */
type Input = { purpose?: Purpose; reason?: CloseReason };

/** An activity has the name by which histories know the step: of a local one the history keeps no input, only that. */
type Activities = Record<StepName, (input: Input) => Promise<unknown>>;

/** The steps of one signup. `changed` is called whenever a step is parked or tried again. */
export function stepsWithParking(
  policy: RetryPolicy,
  changed: (parked: ParkedStep[]) => void,
): StepsWithParking {
  const retry = {
    initialInterval: policy.firstRetryAfterMs,
    backoffCoefficient: policy.backoffCoefficient,
    maximumInterval: policy.maximumRetryAfterMs,
    maximumAttempts: policy.maximumAttempts,
    nonRetryableErrorTypes: ['PermanentFault'],
  };
  // Short idempotent writes of the service that hosts this workflow: local activities spare them two hops over the server.
  // Cost 1 (orchestration): while such a step is retried, the server does not know it as a pending activity.
  const accounts = proxyLocalActivities<Activities>({
    startToCloseTimeout: '10 seconds',
    // Longer pauses become durable timers of the workflow instead of keeping its task open.
    localRetryThreshold: '2 seconds',
    retry,
  });
  const notifications = proxyActivities<Activities>({
    taskQueue: 'notifications',
    // Longer than all time limits of a mail together; a worker that dies is noticed by its missing heartbeat.
    startToCloseTimeout: '3 minutes',
    heartbeatTimeout: '5 seconds',
    retry,
  });
  const parked: ParkedStep[] = [];
  let resumed = 0;

  const once = async <T>(step: StepName, run: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await run();
      } catch (fault) {
        if (isCancellation(fault) || !(fault instanceof TemporalFailure)) throw fault;
        // What a local activity threw comes as it is, what another threw comes wrapped.
        const thrown = fault instanceof ActivityFailure ? (fault.cause ?? fault) : fault;
        const isPermanent = thrown instanceof ApplicationFailure && thrown.type === 'PermanentFault';
        const entry: ParkedStep = {
          step,
          attempts: isPermanent ? 1 : policy.maximumAttempts,
          lastError: thrown.message,
        };
        parked.push(entry);
        changed(parked);
        const seen = resumed;
        await condition(() => resumed > seen);
        parked.splice(parked.indexOf(entry), 1);
        changed(parked);
      }
    }
  };

  /** Those steps, played by the activities of their names. */
  const playedBy = (activities: Activities, steps: readonly (keyof Steps)[]) =>
    steps.map((step) => [
      step,
      (input: Input) => {
        const name = stepNameOf(step, input);
        return once(name, () => activities[name](input));
      },
    ]);

  return {
    parked,
    resume: () => void resumed++,
    steps: Object.fromEntries([
      ...playedBy(accounts, writingSteps),
      ...playedBy(notifications, sendingSteps),
    ]) as Steps,
  };
}
