/**
 * The workflow's side of the HTTP edge. A signup is started with the update that answers once step 1 is done; the click is
 * a signal. So an answer needs Temporal; the accounts' database may be away, the workflow then waits for it.
 */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type Connection,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { findAccount, requestOf, signupOf, type AccountRow } from '../../activities/accounts.ts';
import { DatabaseUnavailable, holdingLock, type Database } from '../../adapters/postgres.ts';
import { answerWithinMs, Unavailable, type Coordinator, type Started } from '../../domain/coordinator.ts';
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
  type Opened,
  type SignupStart,
} from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import { click } from './click.ts';
import { memoOf, signupFrom, statusOf, timesOf, workflowId } from './execution.ts';
import { fastForwardWorkflow } from './fast-forward.ts';
import { inTime, isUnanswered } from './in-time.ts';

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
      const opened = await open(signupId, request);
      if (!opened) return startedBefore(signupId, request);
      const { request: first, opening } = opened;
      if (!isSameRequest(first, request)) return { otherRequest: true };
      if ('refused' in opening) return opening;
      if (account === 'away') return startedBefore(signupId, request);
      const { openedAt: startedAt, verifyBy } = opening.ok;
      return { accepted: signupShown(signupId, request, { status: 'pending', startedAt, verifyBy }) };
    },

    click: (signupId) => click(options, signupId),

    find,

    async resume(signupId) {
      try {
        const handle = client.workflow.getHandle(workflowId(signupId));
        await inTime(connection, answerWithinMs, () => handle.signal(resumeSignal));
      } catch (error) {
        // What has ended has nothing parked.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async fastForward(signupId, byMs) {
      // Temporal has no lock to offer, and of two jumps asked for at the same moment it would forget the first.
      const holdingItsLock = <T>(work: () => Promise<T>) => holdingLock(database, signupId, work);
      try {
        return await fastForwardWorkflow({ client, holdingLock: holdingItsLock }, workflowId(signupId), byMs);
      } catch (error) {
        throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
      }
    },

    missing: () =>
      inTime(connection, answerWithinMs, () => connection.workflowService.getSystemInfo({})).then(
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
    // What is parked, and how many reminders were sent, only the workflow knows; a mail may be parked even
    // after the account is settled.
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
    // After a stall the timer comes before the answer that has lain in the socket: that one counts, too.
    const late = delay(accountWithinMs, undefined, { ref: false }).then(() => nextTurn('away' as const));
    const found = findAccount(database, signupId).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return 'away' as const;
      throw error;
    });
    return Promise.race([found, late]);
  }

  /** Starts the workflow and waits for what step 1 said; undefined where that does not come in time, or the workflow has ended. */
  async function open(signupId: string, request: SignupRequest): Promise<Opened | undefined> {
    const start: SignupStart = { signupId, request, retry };
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof signup>('signup', {
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
    try {
      // Cost 5 (orchestration): the answer takes a round through the server and a worker, where the chain takes one
      // transaction; and no signup starts while the server is away.
      return await inTime(connection, answerWithinMs, () =>
        // The same id for every caller: a repeated request gets the answer of the first.
        client.workflow.executeUpdateWithStart(openedUpdate, { updateId: 'opened', startWorkflowOperation }),
      );
    } catch (error) {
      // An update fails only by the end of its workflow: cancelled, before step 1 was done.
      const hasEnded =
        error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowUpdateFailedError;
      if (hasEnded || error instanceof Unavailable) return undefined;
      throw error;
    }
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
      const handle = client.workflow.getHandle<typeof signup>(workflowId(signupId));
      const end = await inTime(connection, answerWithinMs, () => handle.result());
      if (end.outcome === 'refused') return { refused: end.refused, message: end.message };
    }
    return { accepted: signupShown(signupId, request, { status, ...timesOf(execution) }) };
  }

  async function describe(signupId: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      const handle = client.workflow.getHandle(workflowId(signupId));
      return await inTime(connection, describeWithinMs, () => handle.describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }
}
