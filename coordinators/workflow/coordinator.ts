/**
 * The workflow's side of the HTTP edge. A signup is started with the update that answers once step 1 is done; the click is
 * a signal. So an answer needs Temporal; the accounts' database may be away, the workflow then waits for it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type Connection,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { findAccount, requestOf, signupOf, type AccountRow } from '../../activities/accounts.ts';
import { DatabaseUnavailable, inTurn, type Database } from '../../adapters/postgres.ts';
import { below } from '../../domain/addresses.ts';
import {
  answerWithinMs,
  Unavailable,
  type Clicked,
  type Coordinator,
  type Started,
} from '../../domain/coordinator.ts';
import type { RetryPolicy } from '../../domain/process.ts';
import {
  isSameRequest,
  maskedAddress,
  signupShown,
  type Signup,
  type SignupRequest,
} from '../../domain/signup.ts';
import {
  openedUpdate,
  resumeSignal,
  signupStatus,
  verifySignal,
  type SignupStart,
} from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import { fastForwardWorkflow } from './fast-forward.ts';
import { memoOf, signupFrom, statusOf, timesOf } from './execution.ts';

/** The id of a signup's workflow: one signup, one workflow, however often it is asked for. */
export const workflowId = (signupId: string) => `signup-${signupId}`;

/** The signup of such a workflow. */
export const signupIdOfWorkflow = (id: string) => id.replace(/^signup-/, '');

/** Where the Temporal UI at `ui` shows the workflow of a signup. */
export const workflowPage = (ui: string, namespace: string, signupId: string) =>
  below(ui, `/namespaces/${encodeURIComponent(namespace)}/workflows/${workflowId(signupId)}`).href;

/** How long a start waits for the accounts' database, which it can do without. */
const accountWithinMs = 500;

/** After an answer that did not come in time, this is how long it is asked what is known: about 3 s in all. */
const describeWithinMs = 800;

/** `taskQueue` is that of the accounts service, which owns the process. */
export function workflowCoordinator(options: {
  client: Client;
  connection: Connection;
  database: Database;
  retry: RetryPolicy;
  taskQueue?: string;
}): Coordinator {
  const { client, connection, database, retry, taskQueue = 'accounts' } = options;

  return {
    async start(signupId, request) {
      // The account outlives the history of its workflow, and says how the signup is, where an update says how it was.
      const account = await accountInTime(signupId);
      const asked = account === 'away' ? undefined : account && requestOf(account);
      if (asked) {
        const signup = isSameRequest(asked, request) ? await find(signupId) : undefined;
        return signup ? { accepted: signup } : { otherRequest: true };
      }
      try {
        // Cost 5 (orchestration): the answer takes a round through the server and a worker, where the chain takes one
        // transaction; and no signup starts while the server is away.
        const { request: first, opening } = await within(answerWithinMs, () =>
          client.workflow.executeUpdateWithStart(openedUpdate, {
            // The same id for every caller: who repeats the request gets the answer of the first.
            updateId: 'opened',
            startWorkflowOperation: startOperation(signupId, request),
          }),
        );
        if (!isSameRequest(first, request)) return { otherRequest: true };
        if ('refused' in opening) return opening;
        if (account === 'away') return await startedBefore(signupId, request);
        const { openedAt, verifyBy } = opening.ok;
        return {
          accepted: signupShown(signupId, request, { status: 'pending', startedAt: openedAt, verifyBy }),
        };
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        if (isKnownAlready(error) || isUnanswered(error)) return startedBefore(signupId, request);
        throw error;
      }
    },

    async click(signupId) {
      const before = await outcomeInDatabase(signupId);
      if (before === 'activated' || before === 'closed') return before;
      try {
        await within(answerWithinMs, () =>
          client.workflow.getHandle(workflowId(signupId)).signal(verifySignal),
        );
      } catch (error) {
        // No such workflow, or it has ended: then its account says how.
        if (error instanceof WorkflowNotFoundError) return endedOrUnknown(signupId);
        throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
      }
      return untilActedOn(signupId);
    },

    find,

    async resume(signupId) {
      try {
        await within(answerWithinMs, () =>
          client.workflow.getHandle(workflowId(signupId)).signal(resumeSignal),
        );
      } catch (error) {
        // What has ended has nothing parked.
        if (error instanceof WorkflowNotFoundError) return;
        throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
      }
    },

    async fastForward(signupId, byMs) {
      // Temporal has no lock to offer, and of two jumps asked for at the same moment it would forget the first.
      const turns = <T>(work: () => Promise<T>) => inTurn(database, signupId, work);
      try {
        return await fastForwardWorkflow({ client, inTurn: turns }, workflowId(signupId), byMs);
      } catch (error) {
        throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
      }
    },

    missing: () =>
      within(answerWithinMs, () => connection.workflowService.getSystemInfo({})).then(
        () => undefined,
        () => 'temporal' as const,
      ),
  };

  async function find(signupId: string): Promise<Signup | undefined> {
    const account = await findAccount(database, signupId).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return undefined;
      throw error;
    });
    const described = account && signupOf(account, []);
    // What is parked, and who was reminded, only the workflow knows, and a mail may be parked even after the account is settled.
    const execution = await describe(signupId).catch((error: unknown) => {
      if (described && error instanceof Unavailable) return undefined;
      throw error;
    });
    if (described) {
      const { parked = [], reminders = 0 } = memoOf(execution);
      return { ...described, parked, reminders };
    }
    return execution && signupFrom(signupId, execution);
  }

  /** The account, if the database answers soon. */
  async function accountInTime(signupId: string): Promise<AccountRow | undefined | 'away'> {
    const late = delay(accountWithinMs, 'away' as const, { ref: false });
    const found = findAccount(database, signupId).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return 'away' as const;
      throw error;
    });
    return Promise.race([found, late]);
  }

  function startOperation(signupId: string, request: SignupRequest) {
    const start: SignupStart = { signupId, request, retry };
    return new WithStartWorkflowOperation<typeof signup>('signup', {
      workflowId: workflowId(signupId),
      taskQueue,
      args: [start],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // A worker that dies within a task is noticed after 5 s, not after the default 10.
      workflowTaskTimeout: '5 seconds',
      memo: { request },
      typedSearchAttributes: [{ key: signupStatus, value: 'opening' }],
      // Cost 2 (orchestration): what a workflow is given and answers stays in its history, personal data and the link
      // included, until the namespace's retention has passed.
      staticSummary: `sign up ${maskedAddress(request.email)}`,
    });
  }

  /** The server had no time to answer, or knows the signup already: what it knows decides. */
  async function startedBefore(signupId: string, request: SignupRequest): Promise<Started> {
    const execution = await describe(signupId);
    if (!execution)
      throw new Unavailable('temporal', new Error('whether the signup was started is not known'));
    const memo = memoOf(execution);
    if (memo.request && !isSameRequest(memo.request, request)) return { otherRequest: true };
    const status = statusOf(execution);
    if (status === 'refused') {
      const end = await within(answerWithinMs, () =>
        client.workflow.result<typeof signup>(workflowId(signupId)),
      );
      if (end.outcome === 'refused') return { refused: end.refused, message: end.message };
    }
    return { accepted: signupShown(signupId, request, { status, ...timesOf(execution) }) };
  }

  /** The signal is kept by now; whether it is acted on in time shows in the account. */
  async function untilActedOn(signupId: string): Promise<Clicked> {
    const deadline = Date.now() + answerWithinMs;
    while (Date.now() < deadline) {
      await delay(50);
      const outcome = await outcomeInDatabase(signupId);
      if (outcome === 'activated' || outcome === 'closed') return outcome;
      if (outcome === 'away') break;
    }
    return 'kept';
  }

  async function endedOrUnknown(signupId: string): Promise<Clicked> {
    const outcome = await outcomeInDatabase(signupId);
    if (outcome === 'away') throw new Unavailable('database', new Error('how the signup ended is not known'));
    return outcome === 'activated' || outcome === 'closed' ? outcome : 'unknown';
  }

  async function outcomeInDatabase(signupId: string): Promise<'activated' | 'closed' | 'open' | 'away'> {
    try {
      const account = await findAccount(database, signupId);
      return account?.status === 'active' ? 'activated' : account?.status === 'closed' ? 'closed' : 'open';
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return 'away';
      throw error;
    }
  }

  async function describe(signupId: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await within(describeWithinMs, () => client.workflow.getHandle(workflowId(signupId)).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
    }
  }

  /** Calls of the client try again by themselves for minutes; an HTTP answer cannot wait for that. */
  function within<T>(milliseconds: number, call: () => Promise<T>): Promise<T> {
    return connection.withDeadline(Date.now() + milliseconds, call);
  }
}

function isKnownAlready(error: unknown): boolean {
  return error instanceof WorkflowExecutionAlreadyStartedError;
}

const unansweredCodes = new Set([1, 4, 14]); // CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE of gRPC

/** Whether the server gave no answer, as opposed to one we do not like. The client wraps what gRPC throws. */
export function isUnanswered(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && unansweredCodes.has(Number(cause.code))) return true;
  }
  return false;
}
