/**
 * The workflow alone: the real one, in the time-skipping environment, over steps that a test makes up. Two workers as in
 * the product, one for the workflow with the accounts' steps, one for those of notifications.
 */
import { randomUUID } from 'node:crypto';
import { heartbeat } from '@temporalio/activity';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { asActivities } from '../../coordinators/workflow/temporal-activities.ts';
import { sendingSteps, verifyBy } from '../../domain/process.ts';
import type { SignupRequest } from '../../domain/signup.ts';
import { writingSteps, type OpenAccount, type Steps } from '../../domain/steps.ts';
import { signupStatus, type SignupEnd, type SignupStart } from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import { until } from '../../adapters/waiting.ts';
import { presentBundle } from './bundle.ts';
import { startTimeSkipping } from '../time/test-server.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** A signup that is played over mocked steps. */
export type Played = {
  signupId: string;
  request: SignupRequest;
  handle: WorkflowHandleWithFirstExecutionRunId<typeof signup>;
  /** Every attempt at a step, in order: `sendEmail welcome`, `closeAccount cancelled` and so on. */
  calls: string[];
  /** Waits until a step was attempted that often. */
  attempted(step: string, times?: number): Promise<void>;
  /** How it ended; lets the days pass meanwhile. */
  ended(): Promise<SignupEnd>;
  /** The status as the server knows it: no worker is asked. */
  listedAs(): Promise<string | undefined>;
};

/** The environment with its workers. */
export type Mocked = {
  environment: TestWorkflowEnvironment;
  taskQueue: string;
  /** Starts a signup; a step that is not mocked succeeds at once. */
  play(mocks?: Partial<Steps>, request?: Partial<SignupRequest>): Promise<Played>;
  /** Lets time pass; it stands still, or as good as, while a worker is at work. In milliseconds, or as `25 hours`. */
  sleep(time: Duration): Promise<void>;
  /** Replaces the worker that plays the workflow: whoever took over a signup goes on with another's code. */
  playWith(bundle: string): Promise<void>;
  /** Lets things happen while nobody plays the workflow; whoever does afterwards keeps it between tasks. */
  whileAway(happening: () => Promise<void>): Promise<void>;
  /** Ends what a test left open: its timers must not fire in the next one. */
  endAll(): Promise<void>;
  stop(): Promise<void>;
};

/** A step's answer that a test holds back. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/**
 * Each step that writes once: a local activity is repeated where its workflow task is lost, or was overtaken by news when it ended
 * the workflow. What sends is none.
 */
export function distinct(calls: readonly string[]): string[] {
  return calls.filter((call, index) => call.startsWith('send') || calls.indexOf(call) === index);
}

/** What step 1 answers when nothing is in the way. */
export const accountOpened = ({ at, signupId }: OpenAccount) => ({
  ok: { openedAt: at, verifyBy: verifyBy(at), verificationLink: `http://any/verify/${signupId}` },
});

/**
 * Starts environment and workers. With `cached: false` no worker keeps a workflow for its next task, so that any can take it over
 * at once: the test server does not notice that the one which kept it is gone.
 */
export async function startMocked({ cached = true } = {}): Promise<Mocked> {
  const environment = await startTimeSkipping();
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.client.options.namespace,
    searchAttributes: { [signupStatus.name]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
  });
  const taskQueue = `accounts-${randomUUID()}`;
  const scripts = new Map<string, { mocks: Partial<Steps>; calls: string[] }>();
  const all: Played[] = [];
  const steps = stepsFrom(scripts);
  let stopAccounts = await runAccounts(await presentBundle());
  const stopNotifications = await runWorker({
    taskQueue: 'notifications',
    activities: asActivities(sendingSteps, (step) => beating<never>(steps[step])),
  });

  return {
    environment,
    taskQueue,
    async play(mocks = {}, overrides = {}) {
      const signupId = randomUUID();
      const calls: string[] = [];
      scripts.set(signupId, { mocks, calls });
      const request: SignupRequest = {
        email: `${signupId}@example.com`,
        phone: '+15550001111',
        style: 'orchestration',
        ...overrides,
      };
      const start: SignupStart = { signupId, request };
      const handle = await environment.client.workflow.start<typeof signup>('signup', {
        workflowId: workflowId(signupId),
        taskQueue,
        args: [start],
        // As in the product. A cancellation reaches a workflow whose local activity hangs within this time; were it shorter, a
        // busy machine would run local activities twice.
        workflowTaskTimeout: '5 seconds',
        typedSearchAttributes: [{ key: signupStatus, value: 'opening' }],
      });
      const played: Played = {
        signupId,
        request,
        handle,
        calls,
        async attempted(step, times = 1) {
          await until(`${step} to be attempted ${times} times`, () => {
            if (calls.filter((call) => call === step).length >= times) return true;
            throw new Error(calls.join(', '));
          });
        },
        ended: () => inTime('the signup to end', handle.result(), calls),
        listedAs: async () => (await handle.describe()).typedSearchAttributes.get(signupStatus),
      };
      all.push(played);
      return played;
    },
    sleep: (time) => environment.sleep(time),
    async playWith(bundle) {
      await stopAccounts();
      stopAccounts = await runAccounts(bundle);
    },
    async whileAway(happening) {
      await stopAccounts();
      await happening();
      stopAccounts = await runAccounts(await presentBundle(), true);
    },
    async endAll() {
      // One that has ended already is not found, which is what is wanted.
      await Promise.all(
        all.splice(0).map(({ handle }) => handle.terminate('end of the test').catch(() => {})),
      );
    },
    async stop() {
      await Promise.all([stopAccounts(), stopNotifications()]);
      await environment.teardown();
    },
  };

  function runAccounts(codePath: string, keeps = cached): Promise<() => Promise<void>> {
    return runWorker({
      taskQueue,
      workflowBundle: { codePath },
      ...(keeps ? {} : { maxCachedWorkflows: 0 }),
      activities: asActivities(writingSteps, (step) => steps[step]),
    });
  }

  async function runWorker(
    options: Pick<WorkerOptions, 'taskQueue' | 'activities' | 'workflowBundle' | 'maxCachedWorkflows'>,
  ): Promise<() => Promise<void>> {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      shutdownForceTime: '20 seconds',
      ...options,
    });
    const running = worker.run();
    return () => {
      worker.shutdown();
      return running;
    };
  }
}

/** Every step finds by its signup what the test wants it to do. */
function stepsFrom(scripts: Map<string, { mocks: Partial<Steps>; calls: string[] }>): Steps {
  const mocksOf = (signupId: string, call: string): Partial<Steps> => {
    const { mocks, calls } = scripts.get(signupId)!;
    calls.push(call);
    return mocks;
  };
  return {
    openAccount: async (input) =>
      mocksOf(input.signupId, 'openAccount').openAccount?.(input) ?? accountOpened(input),
    sendEmail: async (input) =>
      mocksOf(input.signupId, `sendEmail ${input.purpose}`).sendEmail?.(input) ?? { ok: 'sent' },
    sendSms: async (input) =>
      mocksOf(input.signupId, `sendSms ${input.purpose}`).sendSms?.(input) ?? {
        ok: input.phone === undefined ? 'skipped' : 'sent',
      },
    recordNotified: async (input) =>
      mocksOf(input.signupId, 'recordNotified').recordNotified?.(input) ?? { ok: 'recorded' },
    activateAccount: async (input) =>
      mocksOf(input.signupId, 'activateAccount').activateAccount?.(input) ?? { ok: 'activated' },
    closeAccount: async (input) =>
      mocksOf(input.signupId, `closeAccount ${input.reason}`).closeAccount?.(input) ?? { ok: 'closed' },
  };
}

/** As the product's activities do while they send. */
function beating<Input>(step: (input: Input) => Promise<unknown>): (input: Input) => Promise<unknown> {
  return async (input) => {
    const beat = setInterval(() => heartbeat(), 1000);
    return step(input).finally(() => clearInterval(beat));
  };
}

async function inTime<T>(what: string, work: Promise<T>, calls: string[], withinMs = 30_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${withinMs / 1000} s for ${what}; steps so far: ${calls.join(', ')}`));
    }, withinMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
