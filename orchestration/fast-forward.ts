/**
 * Moves the clock of one workflow, by the server's own time skipping: whenever nothing of the workflow is at work, its time jumps to
 * what is due next, the next attempts of its activities included, until it is so far ahead. No other workflow is moved.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { answerWithinMs, type FastForwarded } from '../domain/coordinator.ts';

const { WorkflowExecutionStatus, PendingActivityState } = proto.temporal.api.enums.v1;
const notFound = 5; // of gRPC
const unimplemented = 12;

const impossible = [
  'the Temporal server in use does not skip time. It takes server 1.32 or newer with the dynamic config values',
  '`frontend.WorkflowTimeSkippingEnabled` and `system.workflowTimeSkippingEnabled` set to true, as the built-in one has them',
].join(' ');

const lookEveryMs = 20;

/** The server stops after 100 skips unless told otherwise, and says nothing. The attempts at a step alone are more. */
const maxSessionSkipCount = 10_000;

/** What is seen of a workflow: its own time, whether that is being moved, and what of it is at work. */
type Seen = { isRunning: boolean; timeMs: number; isSkipping: boolean; atWork: string[]; attempts: number };

/** Moves the clock of a workflow. Where nothing happens for `restsWithinMs`, nothing will. Rejects with what the client throws where the server does not answer. */
export async function fastForwardWorkflow(
  { connection, namespace }: { connection: Connection; namespace: string },
  workflowId: string,
  byMs: number,
  { restsWithinMs = 60_000 } = {},
): Promise<FastForwarded> {
  let targetMs: number | undefined;
  let last = '';
  for (let giveUpAt = Date.now() + restsWithinMs; ; await delay(lookEveryMs)) {
    const seen = await look();
    if (!seen?.isRunning) return targetMs === undefined ? 'ended' : 'moved';
    const { timeMs, isSkipping, atWork, attempts } = seen;
    targetMs ??= timeMs + byMs;
    // Begun by somebody else, it is waited for: who moves the same signup at the same time takes turns.
    if (!isSkipping && timeMs < targetMs) {
      const refused = await skip({ enabled: true, maxSessionSkipCount, ...by(targetMs - timeMs) });
      if (refused) return refused;
    } else if (!isSkipping && atWork.length === 0) return 'moved';

    const now = [isSkipping ? Math.floor(timeMs / 60_000) : 0, attempts, atWork].join();
    if (now !== last) giveUpAt = Date.now() + restsWithinMs;
    last = now;
    if (Date.now() > giveUpAt) {
      await skip({ enabled: false });
      const underWay =
        atWork.length === 0 ? 'nothing is at work, and yet its time stands still' : atWork.join(', ');
      return { movedMs: Math.max(0, byMs - (targetMs - timeMs)), underWay };
    }
  }

  async function skip(
    timeSkippingConfig: proto.temporal.api.common.v1.ITimeSkippingConfig,
  ): Promise<FastForwarded | undefined> {
    try {
      await answered(() =>
        connection.workflowService.updateWorkflowExecutionOptions({
          namespace,
          workflowExecution: { workflowId },
          workflowExecutionOptions: { timeSkippingConfig },
          updateMask: { paths: ['time_skipping_config'] },
        }),
      );
      return undefined;
    } catch (error) {
      if (codeOf(error) === unimplemented) return { impossible };
      // It has ended meanwhile, which the next look will show.
      if (codeOf(error) === notFound) return undefined;
      throw error;
    }
  }

  async function look(): Promise<Seen | undefined> {
    try {
      return seenIn(
        await answered(() =>
          connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
        ),
      );
    } catch (error) {
      if (codeOf(error) === notFound) return undefined;
      throw error;
    }
  }

  function answered<T>(call: () => Promise<T>): Promise<T> {
    return connection.withDeadline(Date.now() + answerWithinMs, call);
  }
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

function by(milliseconds: number): proto.temporal.api.common.v1.ITimeSkippingConfig {
  return { fastForwardConfig: { id: randomUUID(), duration: msToTs(milliseconds) } };
}

function seenIn(described: proto.temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse): Seen {
  const { workflowExecutionInfo, workflowExtendedInfo, pendingActivities, pendingWorkflowTask } = described;
  const { currentTime, effectiveConfig } = workflowExtendedInfo?.timeSkippingInfo ?? {};
  const timeMs = optionalTsToMs(currentTime) ?? Date.now();
  const activities = pendingActivities ?? [];
  // An attempt that was made and is to be repeated later is not at work.
  const atWork = activities.filter(
    ({ state, scheduledTime }) =>
      state !== PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED ||
      (optionalTsToMs(scheduledTime) ?? 0) <= timeMs,
  );
  return {
    isRunning: workflowExecutionInfo?.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    timeMs,
    isSkipping: effectiveConfig?.enabled ?? false,
    atWork: [
      ...atWork.map(({ activityType, state }) =>
        state === PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
          ? `${activityType?.name} waits for a worker`
          : `${activityType?.name} is at work`,
      ),
      ...(pendingWorkflowTask ? ['the workflow waits for a worker'] : []),
    ],
    attempts: activities.reduce((sum, { attempt }) => sum + (attempt ?? 0), 0),
  };
}
