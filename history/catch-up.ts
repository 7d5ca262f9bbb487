/**
 * What the observers of the orchestration missed (the broker was away, a process was killed) is caught up from Temporal: every
 * few seconds the tracker looks for workflows that began or ended since, and reads the history of those it may not know all of.
 * Of one that goes on for days, what is missed in the middle is caught up once it ends. One whose clock was moved ends in the
 * future: until then it is listed in every pass, and read in the first.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Connection, WorkflowExecutionInfo } from '@temporalio/client';
import { validate } from 'uuid';
import { statement, type Database } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/events.ts';
import { isFinal, type ObservedKind } from '../domain/history.ts';
import { signupIdOfWorkflow } from '../orchestration/edge.ts';
import { observation } from '../orchestration/observer.ts';
import { signupStatus } from '../workflows/messages.ts';
import { readEvents } from './events.ts';

const selectCaughtUp = statement<{ until: string }>('select-caught-up', 'select until from caught_up');
const noteCaughtUp = statement(
  'note-caught-up',
  'insert into caught_up (until) values ($1) on conflict (is_only) do update set until = excluded.until',
);
type Known = { signup_id: string; status: string; notified_at: string | null };
const selectKnown = statement<Known>(
  'select-known',
  'select signup_id, status, notified_at from signups where signup_id = any($1)',
);

/** Each pass looks back further than the last one began: what began or ended is listed a little later, by another clock. */
const overlapMs = 30_000;
const pageSize = 100;

/** Starts to catch up, and does so until `stop`. `note` takes an observation; one that was noted before changes nothing. */
export function startCatchUp(options: {
  client: Client;
  connection: Connection;
  database: Database;
  note: (observed: Envelope) => Promise<void>;
  onProblem: (error: Error) => void;
  everyMs?: number;
}): { stop(): Promise<void> } {
  const { client, connection, database, note, onProblem, everyMs = 10_000 } = options;
  const stopping = new AbortController();
  // The ended ones that were read to their end; those of the last pass suffice, older ones are not listed again.
  let readToTheEnd = new Set<string>();
  const working = (async () => {
    while (!stopping.signal.aborted) {
      // A signal for each pass: the client's listeners stay on it for good.
      const stopped = AbortSignal.any([stopping.signal]);
      await connection.withAbortSignal(stopped, pass).catch((error: unknown) => {
        if (!stopping.signal.aborted) onProblem(error instanceof Error ? error : new Error(String(error)));
      });
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    stop() {
      stopping.abort();
      return working;
    },
  };

  async function pass(): Promise<void> {
    const until = new Date(Date.now() - overlapMs).toISOString();
    const [caughtUp = { until: new Date(0).toISOString() }] = await selectCaughtUp(database);
    const since = `'${caughtUp.until}'`;
    const query = `WorkflowType = 'signup' and (StartTime >= ${since} or CloseTime >= ${since})`;
    const read = new Set<string>();
    let page: WorkflowExecutionInfo[] = [];
    for await (const listed of client.workflow.list({ query, pageSize })) {
      page.push(listed);
      if (page.length < pageSize) continue;
      await catchUp(page, read);
      page = [];
    }
    await catchUp(page, read);
    readToTheEnd = read;
    await noteCaughtUp(database, until);
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

  async function noteAll(signupId: string, { workflowId, runId }: WorkflowExecutionInfo): Promise<void> {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const lasting = readEvents(events ?? []).steps.filter(({ kind }) => isFinal(kind) || kind === 'parked');
    await Promise.all(
      lasting.map((step) => note(observation({ ...step, kind: step.kind as ObservedKind, signupId }))),
    );
  }
}

/** Whether the tracker has yet to hear of something that a running workflow has done. */
function mayMiss({ typedSearchAttributes }: WorkflowExecutionInfo, known: Known | undefined): boolean {
  return !known || known.notified_at === null || known.status !== typedSearchAttributes.get(signupStatus);
}
