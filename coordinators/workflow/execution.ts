/**
 * The workflow execution of a signup: what it is called, and what can be read off it by describing it. No worker has to run for that, and
 * no database.
 */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type proto from '@temporalio/proto';
import { below } from '../../domain/addresses.ts';
import {
  signupShown,
  type ParkedStep,
  type Signup,
  type SignupRequest,
  type SignupStatus,
} from '../../domain/signup.ts';
import { signupStatus } from '../../workflows/protocol.ts';

/** The id of a signup's workflow: one signup, one workflow, however often it is asked for. */
export const workflowId = (signupId: string) => `signup-${signupId}`;

/** The signup of such a workflow. */
export const signupIdOfWorkflow = (id: string) => id.replace(/^signup-/, '');

/** Where the Temporal UI at `ui` shows the workflow of a signup. */
export const workflowPage = (ui: string, namespace: string, signupId: string) =>
  below(ui, `/namespaces/${encodeURIComponent(namespace)}/workflows/${workflowId(signupId)}`).href;

/** An activity whose end the server has not written down yet. */
export type PendingActivity = proto.temporal.api.workflow.v1.IPendingActivityInfo;

/** What is kept with each execution, so that it can be shown without worker or database. */
export type Memo = { request: SignupRequest; verifyBy?: string; parked?: ParkedStep[]; reminders?: number };

/** The signup that an execution plays, or undefined where it is not one of ours. */
export function signupFrom(signupId: string, execution: WorkflowExecutionDescription): Signup | undefined {
  const { request, parked = [], reminders = 0 } = memoOf(execution);
  if (!request) return undefined;
  return signupShown(signupId, request, {
    status: statusOf(execution),
    ...timesOf(execution),
    parked,
    reminders,
  });
}

/** The memo of an execution, as far as there is one. */
export function memoOf(execution: WorkflowExecutionDescription | undefined): Partial<Memo> {
  return execution?.memo ?? {};
}

/** The status that the workflow last set. */
export function statusOf(execution: WorkflowExecutionDescription): SignupStatus {
  return (execution.typedSearchAttributes.get(signupStatus) ?? 'opening') as SignupStatus;
}

/** When the execution began and ended, and its deadline if that is known yet. */
export function timesOf(execution: WorkflowExecutionDescription) {
  const { verifyBy } = memoOf(execution);
  return {
    startedAt: execution.startTime.toISOString(),
    ...(execution.closeTime ? { endedAt: execution.closeTime.toISOString() } : {}),
    ...(verifyBy === undefined ? {} : { verifyBy }),
  };
}
