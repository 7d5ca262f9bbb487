/**
 * Reads the events of a workflow: how far each step has come, and what became of the wait for the click. Activities leave
 * events of their own; local activities leave one marker each, once they are done or wait long for their next attempt.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToDate } from '@temporalio/common/lib/time.js';
import type proto from '@temporalio/proto';
import { endOf, isFinal, skippedBecause, type HistoryEntry } from '../../domain/history.ts';
import { closeReasons, type CloseReason, type StepName } from '../../domain/process.ts';
import type { Answer } from '../../domain/steps.ts';
import { verifySignal, type SignupStart } from '../../workflows/protocol.ts';

/** An event as the server writes it down. */
export type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;
type Payload = proto.temporal.api.common.v1.IPayload;

/** A step, and the activity that its last attempts were made by. */
export type CourseStep = HistoryEntry & { activityId: string };

/** The course of a workflow, as its events tell it. */
export type Course = {
  steps: CourseStep[];
  /** Since when the click is waited for, and until when; missing before step 1 is done. */
  opened?: { at: string; verifyBy: string };
  clickedAt?: string;
  /** When it ended, and why it left behind what it had not finished. */
  ended?: { at: string; because: string };
  startedAt: string;
  /** What its signup was started together with. */
  group?: string | undefined;
};

type StepAnswer = Answer<{ verifyBy: string }, string>;
type Begun = { step: string; activityId: string; attempts: number };
type Marker = { activity_id: string; activity_type: string; attempt: number; backoff: unknown };

const localActivity = 'core_local_activity';
const cancelled = 'the signup was cancelled';

/** Reads events in the order in which they happened. */
export function readEvents(events: readonly HistoryEvent[]): Course {
  const course: Course = { steps: [], startedAt: timeOf(events[0]!), group: groupOf(events[0]!) };
  const steps = new Map<string, CourseStep>();
  const begun = new Map<string, Begun>();
  for (const event of events) read(event, timeOf(event));
  const { ended } = course;
  // A workflow that has ended tries nothing again and resumes nothing.
  const leave = (row: CourseStep): CourseStep =>
    ended && !isFinal(row.kind) ? { ...row, at: ended.at, kind: 'skipped', detail: ended.because } : row;
  return { ...course, steps: [...steps.values()].map(leave) };

  function read(event: HistoryEvent, at: string): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const given = event.activityTaskCanceledEventAttributes;
    const marker = event.markerRecordedEventAttributes;
    const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
    if (scheduled) {
      const step = scheduled.activityType!.name!;
      const activity = { step, activityId: scheduled.activityId!, attempts: 0 };
      begun.set(String(event.eventId), activity);
      note(activity, at, { kind: 'running', detail: null });
    } else if (started) {
      activityOf(started).attempts = started.attempt!;
    } else if (completed) {
      note(activityOf(completed), at, endOf(decoded(completed.result?.payloads?.[0]) as StepAnswer));
    } else if (failed) {
      note(activityOf(failed), at, { kind: 'parked', detail: failed.failure?.message ?? null });
    } else if (given) {
      note(activityOf(given), at, { kind: 'skipped', detail: cancelled });
    } else if (marker?.markerName === localActivity) {
      readMarker(event, at);
    } else if (signal === verifySignal.name) {
      if (![...steps.values()].some(closedBy)) course.clickedAt ??= at;
    } else {
      const because = endedBecause(event);
      if (because !== undefined) course.ended = { at, because };
    }
  }

  function readMarker({ markerRecordedEventAttributes: marker }: HistoryEvent, at: string): void {
    const written = decoded(marker!.details!['data']!.payloads![0]) as Marker;
    const step = written.activity_type;
    const activity = { step, activityId: written.activity_id, attempts: written.attempt };
    const { failure } = marker!;
    if (!failure) {
      const answer = decoded(marker!.details!['result']!.payloads![0]) as StepAnswer;
      note(activity, at, endOf(answer));
      if (step === 'openAccount' && 'ok' in answer) course.opened = { at, verifyBy: answer.ok.verifyBy };
    } else if (failure.canceledFailureInfo) {
      note(activity, at, { kind: 'skipped', detail: cancelled });
    } else {
      note(activity, at, { kind: written.backoff ? 'retrying' : 'parked', detail: failure.message ?? null });
    }
  }

  function activityOf({ scheduledEventId }: { scheduledEventId?: unknown }): Begun {
    return begun.get(String(scheduledEventId))!;
  }

  /** The latest that is seen of a step counts: after `resume` a new activity counts attempts from 1 again. */
  function note(activity: Begun, at: string, state: Pick<HistoryEntry, 'kind' | 'detail'>): void {
    steps.set(activity.step, { ...activity, ...state, at, source: 'history' });
  }
}

/** Why a step closed the account, where it did; the click is not waited for after it. */
export function closedBy({ step, kind }: Pick<HistoryEntry, 'step' | 'kind'>): CloseReason | undefined {
  if (kind !== 'done') return undefined;
  return closeReasons.find((reason) => step === (`closeAccount ${reason}` satisfies StepName));
}

function endedBecause(event: HistoryEvent): string | undefined {
  if (event.workflowExecutionCompletedEventAttributes) return skippedBecause.superseded;
  if (event.workflowExecutionCanceledEventAttributes) return cancelled;
  if (event.workflowExecutionTerminatedEventAttributes) return 'the workflow was terminated';
  if (event.workflowExecutionFailedEventAttributes) return 'the workflow failed';
  if (event.workflowExecutionTimedOutEventAttributes) return 'the workflow ran out of time';
  return undefined;
}

function groupOf({ workflowExecutionStartedEventAttributes: started }: HistoryEvent): string | undefined {
  const start = decoded(started?.input?.payloads?.[0]) as Partial<SignupStart> | undefined;
  return start?.request?.group;
}

function decoded(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

function timeOf({ eventTime }: HistoryEvent): string {
  return tsToDate(eventTime!).toISOString();
}
