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
import type { RetryPolicy } from '../domain/process.ts';
import type { ParkedStep } from '../domain/signup.ts';
import type { StepName, Steps } from '../domain/steps.ts';

/** The steps, and which of them are parked. */
export type ParkableSteps = { steps: Steps; parked: ParkedStep[]; resume(): void };

/** The steps of one signup. `changed` is called whenever a step is parked or tried again. */
export function parkableSteps(policy: RetryPolicy, changed: (parked: ParkedStep[]) => void): ParkableSteps {
  const retry = {
    initialInterval: policy.firstRetryAfterMs,
    backoffCoefficient: policy.backoffCoefficient,
    maximumInterval: policy.maximumRetryAfterMs,
    maximumAttempts: policy.maximumAttempts,
    nonRetryableErrorTypes: ['PermanentFault'],
  };
  // Short idempotent writes of the service that hosts this workflow: local activities spare them two hops over the server.
  // Cost 1 (orchestration): while such a step is retried, the server does not know it as a pending activity.
  const accounts = proxyLocalActivities<Steps>({
    startToCloseTimeout: '10 seconds',
    // Longer pauses become durable timers of the workflow instead of keeping its task open.
    localRetryThreshold: '2 seconds',
    retry,
  });
  const notifications = proxyActivities<Steps>({
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

  return {
    parked,
    resume: () => void resumed++,
    steps: {
      openAccount: (input) =>
        once('openAccount', () => accounts.openAccount.executeWithOptions({ summary: 'account' }, [input])),
      sendEmail: (input) =>
        once(`sendEmail ${input.purpose}`, () =>
          notifications.sendEmail.executeWithOptions({ summary: `${input.purpose} mail` }, [input]),
        ),
      sendSms: (input) =>
        once(`sendSms ${input.purpose}`, () =>
          notifications.sendSms.executeWithOptions({ summary: `${input.purpose} SMS` }, [input]),
        ),
      recordNotified: (input) =>
        once('recordNotified', () =>
          accounts.recordNotified.executeWithOptions({ summary: 'notified' }, [input]),
        ),
      activateAccount: (input) =>
        once('activateAccount', () =>
          accounts.activateAccount.executeWithOptions({ summary: 'account' }, [input]),
        ),
      closeAccount: (input) =>
        once(`closeAccount ${input.reason}`, () =>
          // What a local activity leaves in the history holds no input: the reason is read off this summary.
          accounts.closeAccount.executeWithOptions({ summary: `account, ${input.reason}` }, [input]),
        ),
    },
  };
}
