/**
 * Moves the clock of one workflow, by the server's own time skipping: whenever nothing of the workflow is at work, its time jumps to
 * what is due next, the next attempts of its activities included, until it is so far ahead. No other workflow is moved. How far its
 * time has come is read off its history, where the server writes down each jump: nothing is kept here.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { answerWithinMs, type FastForwarded } from '../../domain/coordinator.ts';
import type { PendingActivity } from './execution.ts';
import type { HistoryEvent } from './history-events.ts';

type Skipping = proto.temporal.api.common.v1.ITimeSkippingConfig;
const { PendingActivityState } = proto.temporal.api.enums.v1;
const deadlineExceeded = 4; // of gRPC
const notFound = 5;
const unimplemented = 12;

const impossible =
  'the Temporal server in use does not skip time. It takes server 1.32 or newer with the dynamic config value ' +
  '`frontend.WorkflowTimeSkippingEnabled` set to true, as the built-in one has it';

const lookEveryMs = 50;
/** A server that was there at first may keep so many looks in a row without an answer, 2 s each: a jump goes on meanwhile. */
const unansweredAtMost = 5;
/** A timer is about to fire for so long. A jump that began just then would pass it by, and it would fire at a later time. */
const aboutToFireMs = 200;

/** The server, and the lock by which two that move the same workflow at the same time take turns. */
export type Server = { client: Client; holdingLock?: <T>(work: () => Promise<T>) => Promise<T> };

/** Where nothing happens for `restsWithinMs`, nothing will. After `skipsAtOnce` skips the server is asked again to go on. */
export type Limits = { restsWithinMs?: number; skipsAtOnce?: number };

/** A workflow that runs: its own time, how much has happened, the jump under way, and what keeps it from rest. */
type RunState = { timeMs: number; events: number; mover: string | null | undefined; underWay: string[] };

/**
 * Moves the clock of a workflow. When it returns `moved`, the clock has come to exactly so much more than when it began, or a
 * moment later, and runs on from there. Rejects with what the client throws where the server does not answer; a jump that was begun
 * goes on then, to its end and no further.
 */
export async function fastForwardWorkflow(
  { client, holdingLock = (work) => work() }: Server,
  workflowId: string,
  byMs: number,
  { restsWithinMs = 60_000, skipsAtOnce = 10_000 }: Limits = {},
): Promise<FastForwarded> {
  const handle = client.workflow.getHandle(workflowId);
  const execution = { namespace: client.options.namespace, workflowExecution: { workflowId } };
  const mover = randomUUID();
  let hasBegun = false;
  let events = 0;
  let giveUpAt = 0;
  let unanswered = 0;

  if (!(await canSkip())) return { impossible };
  for (;;) {
    try {
      const came = await look();
      if (came) return came;
      unanswered = 0;
    } catch (error) {
      if (codeOf(error) !== deadlineExceeded || ++unanswered > unansweredAtMost) throw error;
    }
    await delay(lookEveryMs);
  }

  /** Does what is next to be done, and says how it came out once nothing is. What was asked for in vain may be asked for again. */
  async function look(): Promise<FastForwarded | undefined> {
    const state = await readState();
    if (!state) return hasBegun ? 'moved' : 'ended';
    // Whatever happens is written down, each jump of the time too.
    if (state.events > events) giveUpAt = Date.now() + restsWithinMs;
    events = state.events;
    const underWay = state.underWay.length > 0 ? state.underWay : await holdingLock(jump);
    if (underWay.length === 0) return 'moved';
    return Date.now() > giveUpAt ? giveUp(underWay) : undefined;
  }

  /** Jumps by what is left, if the workflow is at rest. Returns what is under way: nothing once it has rested at its new time. */
  async function jump(): Promise<string[]> {
    const state = await readState();
    if (!state || state.underWay.length > 0) return state?.underWay ?? ['its end'];
    const history = await readHistory();
    const leftMs = byMs - movedMs(history, mover, state.timeMs);
    const due = timersDue(history, state.timeMs + (leftMs > 0 ? aboutToFireMs : 0));
    if (due.length > 0 || leftMs <= 0) return due;
    hasBegun = true;
    const fastForwardConfig = { id: mover, duration: msNumberToTs(leftMs) };
    await setSkipping({ enabled: true, fastForwardConfig, maxSessionSkipCount: skipsAtOnce });
    return ['a jump'];
  }

  /**
   * Turns off a jump of ours that is still under way, so that it does not happen later. Jumps of others go
   * on.
   */
  async function giveUp(underWay: string[]): Promise<FastForwarded> {
    if ((await readState())?.mover === mover) await setSkipping({ enabled: false });
    const state = await readState();
    if (!state) return 'moved';
    return {
      movedMs: movedMs(await readHistory(), mover, state.timeMs),
      underWay: underWay.join(', '),
    };
  }

  async function canSkip(): Promise<boolean> {
    try {
      await answered(() =>
        client.workflowService.pollWorkflowExecutionTimeSkipping({ ...execution, fastForwardId: mover }),
      );
      return true;
    } catch (error) {
      if (codeOf(error) === notFound) return true;
      if (codeOf(error) === unimplemented) return false;
      throw error;
    }
  }

  async function readState(): Promise<RunState | undefined> {
    try {
      const { raw, status, historyLength } = await answered(() => handle.describe());
      if (status.name !== 'RUNNING') return undefined;
      const { currentTime, effectiveConfig } = raw.workflowExtendedInfo?.timeSkippingInfo ?? {};
      // Its time is the clock's until it was moved for the first time.
      const timeMs = currentTime ? tsToMs(currentTime) : Date.now();
      const underWay = (raw.pendingActivities ?? [])
        .filter((activity) => isAtWork(activity, timeMs))
        .map(inWords);
      if (raw.pendingWorkflowTask) underWay.push('the workflow waits for a worker, or is at work');
      const isMoved = effectiveConfig?.enabled === true;
      if (isMoved && underWay.length === 0) underWay.push('a jump');
      return {
        timeMs,
        events: historyLength,
        mover: isMoved ? effectiveConfig.fastForwardConfig?.id : undefined,
        underWay,
      };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async function readHistory(): Promise<HistoryEvent[]> {
    return (await answered(() => handle.fetchHistory())).events ?? [];
  }

  /** Always with a bound, or off: without one, a workflow races through all its timers to its end. */
  async function setSkipping(timeSkippingConfig: Skipping): Promise<void> {
    try {
      await answered(() =>
        client.workflowService.updateWorkflowExecutionOptions({
          ...execution,
          workflowExecutionOptions: { timeSkippingConfig },
          updateMask: { paths: ['time_skipping_config'] },
        }),
      );
    } catch (error) {
      // It has ended meanwhile, which the next look will show.
      if (codeOf(error) !== notFound) throw error;
    }
  }

  function answered<T>(call: () => Promise<T>): Promise<T> {
    return client.withDeadline(Date.now() + answerWithinMs, call);
  }
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

/** An attempt that was made and is to be repeated later is not at work; one that is due for it waits for a worker. */
function isAtWork({ state, attempt, scheduledTime }: PendingActivity, timeMs: number): boolean {
  const { PENDING_ACTIVITY_STATE_SCHEDULED: scheduled } = PendingActivityState;
  return state !== scheduled || (attempt ?? 1) === 1 || tsToMs(scheduledTime) <= timeMs;
}

function inWords({ activityType, state }: PendingActivity): string {
  const waits = state === PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
  return `${activityType?.name} ${waits ? 'waits for a worker' : 'is at work'}`;
}

/** The timers that are due by a time and have not fired yet: those that the workflow has set, and the pauses of its local activities. */
function timersDue(history: readonly HistoryEvent[], byMs: number): string[] {
  const waiting = new Map<string, number>();
  for (const event of history) {
    const { timerStartedEventAttributes: started } = event;
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (started) waiting.set(started.timerId!, tsToMs(event.eventTime) + tsToMs(started.startToFireTimeout));
    if (ended) waiting.delete(ended.timerId!);
  }
  return [...waiting.values()].filter((dueMs) => dueMs <= byMs).map(() => 'a timer is due');
}

/** How far a mover has moved the time until now: each of its jumps as far as it came before something else was asked for. */
function movedMs(history: readonly HistoryEvent[], mover: string, timeMs: number): number {
  const asked = history.flatMap(({ eventTime, workflowExecutionOptionsUpdatedEventAttributes: update }) =>
    update?.timeSkippingConfigUpdated
      ? [{ atMs: tsToMs(eventTime), ...update.timeSkippingConfig?.fastForwardConfig }]
      : [],
  );
  return asked.reduce((sum, { id, atMs, duration }, index) => {
    const untilMs = asked[index + 1]?.atMs ?? timeMs;
    return id === mover ? sum + Math.min(tsToMs(duration), untilMs - atMs) : sum;
  }, 0);
}
