/**
 * What the observers of the orchestration missed (a process was killed between a step and its observation) is
 * caught up from Temporal. Every few seconds the tracker looks for workflows that began or ended since, and
 * reads the history of those it may not know all of; of one that goes on for days, it reads it as soon as a
 * step is seen without those before it, or when it ends. One whose clock was moved ends in the future: until
 * then it is listed in every pass, and read in the first.
 */
import {
  WorkflowNotFoundError,
  type Client,
  type Connection,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { validate } from 'uuid';
import { statement, type Database } from '../../adapters/postgres.ts';
import { every, pause } from '../../adapters/waiting.ts';
import { isFinal, type ObservedKind } from '../../domain/history.ts';
import type { Style } from '../../domain/signup.ts';
import type { Observation } from '../../domain/tracked.ts';
import { signupIdOfWorkflow, workflowId } from './execution.ts';
import { isUnanswered } from './in-time.ts';
import { observation } from './observer.ts';
import { signupStatus } from '../../workflows/protocol.ts';
import { readEvents } from './history-events.ts';

const selectCaughtUp = statement<{ until: string }>('select-caught-up', 'select until from caught_up');
const noteCaughtUp = statement(
  'note-caught-up',
  'insert into caught_up (until) values ($1) on conflict (is_only) do update set until = excluded.until',
);
/** A signup as the tracker knows it. */
type KnownSignup = { signup_id: string; status: string; notified_at: string | null };
const selectKnown = statement<KnownSignup>(
  'select-known',
  'select signup_id, status, notified_at from signups where signup_id = any($1)',
);

/**
 * Each pass looks back further than the last one began: what began or ended is listed a little later, by
 * another clock.
 */
const overlapMs = 30_000;
const pageSize = 100;

/** How often it looks whether it was asked to read a history. */
const lookEveryMs = 250;

/** How soon it goes on with what it was asked for, after Temporal did not answer: what follows waits for it a few seconds only. */
const afterTroubleMs = 1000;

/**
 * How many histories may be asked for at most; of those beyond, what was missed is caught up when they end.
 */
const maximumWanted = 1000;

export type CatchUp = {
  /**
   * Asks for the history of a signup to be read soon, because something of it seems not to have been
   * observed.
   */
  read(signupId: string): void;
  stop(): Promise<void>;
};

/**
 * Starts to catch up, and does so until `stop`. `note` takes observations; one that was noted before changes
 * nothing.
 */
export function startCatchUp(options: {
  style: Style;
  client: Client;
  connection: Connection;
  database: Database;
  note: (observations: readonly Observation[]) => Promise<unknown>;
  onProblem: (error: Error) => void;
  everyMs?: number;
}): CatchUp {
  const { style, client, connection, database, note, onProblem, everyMs = 10_000 } = options;
  const stopping = new AbortController();
  let calling: AbortController | undefined;
  const wanted = new Set<string>();
  // The ended ones that were read to their end; those of the last pass suffice, older ones are not listed
  // again.
  let readToTheEnd = new Set<string>();
  let passAt = 0;
  const working = every(Math.min(lookEveryMs, everyMs), work, stopping.signal);
  return {
    read(signupId) {
      if (wanted.size < maximumWanted) wanted.add(signupId);
    },
    stop() {
      stopping.abort();
      calling?.abort();
      return working;
    },
  };

  async function work(): Promise<void> {
    try {
      if (performance.now() >= passAt) {
        await pass();
        passAt = performance.now() + everyMs;
      }
      for (const signupId of wanted) {
        wanted.delete(signupId);
        await readWanted(signupId);
      }
    } catch (error) {
      passAt = performance.now() + everyMs;
      if (!stopping.signal.aborted) onProblem(error as Error);
      await pause(Math.min(afterTroubleMs, everyMs), stopping.signal);
    }
  }

  async function readWanted(signupId: string): Promise<void> {
    try {
      await noteAll(signupId, { workflowId: workflowId(signupId) });
    } catch (error) {
      if (isUnanswered(error)) wanted.add(signupId);
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /**
   * Calls Temporal so that `stop` ends the call. The client's listeners stay on a signal for good, with what
   * was read: so each has its own.
   */
  function call<T>(ask: () => Promise<T>): Promise<T> {
    calling = new AbortController();
    if (stopping.signal.aborted) calling.abort();
    return connection.withAbortSignal(calling.signal, ask);
  }

  async function pass(): Promise<void> {
    const until = new Date(Date.now() - overlapMs).toISOString();
    const [caughtUp = { until: new Date(0).toISOString() }] = await selectCaughtUp(database);
    const since = `'${caughtUp.until}'`;
    const query = `WorkflowType = 'signup' and (StartTime >= ${since} or CloseTime >= ${since})`;
    const read = new Set<string>();
    const listed = client.workflow.list({ query, pageSize })[Symbol.asyncIterator]();
    let page: WorkflowExecutionInfo[];
    do {
      page = await nextPage(listed);
      await catchUp(page, read);
    } while (page.length === pageSize);
    readToTheEnd = read;
    await noteCaughtUp(database, until);
  }

  /** The next of those that are listed; the last page is not full. */
  async function nextPage(listed: AsyncIterator<WorkflowExecutionInfo>): Promise<WorkflowExecutionInfo[]> {
    const page: WorkflowExecutionInfo[] = [];
    while (page.length < pageSize) {
      const next = await call(() => listed.next());
      if (next.done) break;
      page.push(next.value);
    }
    return page;
  }

  async function catchUp(page: readonly WorkflowExecutionInfo[], read: Set<string>): Promise<void> {
    const ours = page.flatMap((listed) => {
      const signupId = signupIdOfWorkflow(listed.workflowId);
      return validate(signupId) ? [{ signupId, listed }] : [];
    });
    const rows = await selectKnown(
      database,
      ours.map(({ signupId }) => signupId),
    );
    const known = new Map(rows.map((row) => [row.signup_id, row]));
    for (const { signupId, listed } of ours) {
      const { runId, closeTime } = listed;
      if (closeTime ? !readToTheEnd.has(runId) : mayMiss(listed, known.get(signupId))) {
        await noteAll(signupId, listed);
      }
      if (closeTime) read.add(runId);
    }
  }

  async function noteAll(signupId: string, execution: { workflowId: string; runId?: string }): Promise<void> {
    const handle = client.workflow.getHandle(execution.workflowId, execution.runId);
    const { events } = await call(() => handle.fetchHistory());
    const { steps, group } = readEvents(events ?? []);
    const lasting = steps.filter(({ kind }) => isFinal(kind) || kind === 'parked');
    await note(
      lasting.map(({ step, activityId, kind, attempts, detail, at }) => {
        const seen = { step, activityId, kind: kind as ObservedKind, attempts, detail, at };
        return observation({ style, signupId, group, ...seen });
      }),
    );
  }
}

/** Whether the tracker has yet to hear of something that a running workflow has done. */
function mayMiss({ typedSearchAttributes }: WorkflowExecutionInfo, known: KnownSignup | undefined): boolean {
  return !known || known.notified_at === null || known.status !== typedSearchAttributes.get(signupStatus);
}
