/**
 * The history of a signup by orchestration: read from the workflow's own history, which is complete after the end too, and,
 * for what is under way, from what the server says is pending.
 */
import { WorkflowNotFoundError, type Client, type Connection } from '@temporalio/client';
import { tsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { answerWithinMs } from '../../domain/coordinator.ts';
import type { HistoryEntry, ReadHistory } from '../../domain/history.ts';
import { workflowId, type PendingActivity } from './execution.ts';
import { closedBy, readEvents, type Course } from './history-events.ts';
import { inTime } from './in-time.ts';
import { closedAs, inProcessOrder, waitForClick } from '../../domain/timeline.ts';

const { PendingActivityState } = proto.temporal.api.enums.v1;

/** Needs no worker and no database. */
export function workflowHistory({
  client,
  connection,
}: {
  client: Client;
  connection: Connection;
}): ReadHistory {
  return async (signupId) => {
    const handle = client.workflow.getHandle(workflowId(signupId));
    try {
      return await inTime(connection, answerWithinMs, async () => {
        // In this order: what was pending and has ended meanwhile, the history tells.
        const { raw } = await handle.describe();
        const { events } = await handle.fetchHistory();
        return entriesOf(readEvents(events ?? []), raw.pendingActivities ?? []);
      });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
}

function entriesOf(course: Course, pending: readonly PendingActivity[]): HistoryEntry[] {
  const steps = course.steps.map(({ activityId, ...entry }): HistoryEntry => {
    const known = pending.find((activity) => activity.activityId === activityId);
    return entry.kind === 'running' && known ? { ...entry, ...stateOf(known) } : entry;
  });
  return inProcessOrder([...(steps.length > 0 ? steps : firstStep(course)), ...waitOf(course)]);
}

/** How far an activity has come that the server has not written down the end of. */
function stateOf(activity: PendingActivity): Omit<HistoryEntry, 'step'> {
  const { state, lastFailure, scheduledTime, lastStartedTime, lastAttemptCompleteTime } = activity;
  const source = 'pending';
  const attempt = activity.attempt ?? 1;
  const detail = lastFailure?.message ?? null;
  const at = (time: typeof scheduledTime) => tsToDate((time ?? scheduledTime)!).toISOString();
  if (state !== PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED) {
    return { source, at: at(lastStartedTime), kind: 'running', attempts: attempt, detail };
  }
  // It waits for its next attempt; or for a worker, which is none.
  return attempt > 1
    ? { source, at: at(lastAttemptCompleteTime), kind: 'retrying', attempts: attempt - 1, detail }
    : { source, at: at(scheduledTime), kind: 'running', attempts: 0, detail: 'no worker has taken it yet' };
}

/** Before anything else is written down, the account is being opened. At which attempt, the server is not told. */
function firstStep({ startedAt: at, ended }: Course): HistoryEntry[] {
  const row = { step: 'openAccount', attempts: 0, source: 'history' } as const;
  return ended
    ? [{ ...row, at: ended.at, kind: 'skipped', detail: ended.because }]
    : [{ ...row, at, kind: 'running', detail: null }];
}

function waitOf({ steps, opened, clickedAt, ended }: Course): HistoryEntry[] {
  if (!opened) return [];
  const closing = steps.find(closedBy);
  const closed = closing ? { at: closing.at, because: closedAs(closedBy(closing)!) } : ended;
  const { at: since, verifyBy } = opened;
  return [waitForClick({ since, verifyBy, clickedAt, closed, source: 'history' })];
}
