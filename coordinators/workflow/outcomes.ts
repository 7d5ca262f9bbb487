/**
 * What workflows have come to, read from their histories by somebody who came late. Temporal keeps a history as long
 * as its namespace says, so nothing of that time is missed, at a call per workflow.
 */
import type { Client } from '@temporalio/client';
import { validate } from 'uuid';
import type { Outcome } from '../../domain/signup.ts';
import { signupIdOfWorkflow } from './execution.ts';
import { closedBy, readEvents, type CourseStep } from './history-events.ts';

/** When the account of a signup was opened, and how the signup ended, as far as its history tells. */
export type SeenInHistory = {
  signupId: string;
  openedAt: string | undefined;
  outcome: Outcome | undefined;
};

/** Resolves, for a time in milliseconds, what began or ended since then. What had ended is not read by the next call. */
export function outcomesSince(client: Client): (sinceMs: number) => AsyncGenerator<SeenInHistory> {
  let readToTheEnd = new Set<string>();
  return async function* since(ms) {
    const read = new Set<string>();
    const time = `'${new Date(ms).toISOString()}'`;
    const query = `WorkflowType = 'signup' and (StartTime >= ${time} or CloseTime >= ${time})`;
    for await (const { workflowId, runId, closeTime } of client.workflow.list({ query })) {
      if (closeTime) read.add(runId);
      const signupId = signupIdOfWorkflow(workflowId);
      if (readToTheEnd.has(runId) || !validate(signupId)) continue;
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const { opened, steps } = readEvents(events ?? []);
      if (opened) yield { signupId, openedAt: opened.at, outcome: outcomeOf(steps) };
    }
    readToTheEnd = read;
  };
}

function outcomeOf(steps: readonly CourseStep[]): Outcome | undefined {
  if (steps.some(({ step, kind }) => step === 'activateAccount' && kind === 'done')) return 'activated';
  return steps.map(closedBy).find((reason) => reason !== undefined);
}
