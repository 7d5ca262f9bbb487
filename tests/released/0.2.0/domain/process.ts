/**
 * The numbers of the process, read by both coordinators: when things are due, and how faults are retried.
 * No library is imported here: workflow code loads this file into its sandbox.
 */

const hourMs = 60 * 60 * 1000;

/** From step 1 to the end of the deadline for the click, in milliseconds. */
export const verifyWithinMs = 7 * 24 * hourMs;

/** The reminders, in their order: how long after step 1 each is due, while the link was not clicked. */
export const reminders = [
  { purpose: 'reminder-1', afterMs: 24 * hourMs },
  { purpose: 'reminder-2', afterMs: 72 * hourMs },
] as const;

/** When the deadline of a signup opened at `at` (ISO 8601) is, in ISO 8601. */
export function verifyBy(at: string): string {
  return later(at, verifyWithinMs);
}

/** So many milliseconds after a time, both in ISO 8601. */
export function later(at: string, milliseconds: number): string {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}

/** How a step that answers with a fault is retried. After the last attempt the step is parked. */
export type RetryPolicy = {
  firstRetryAfterMs: number;
  backoffCoefficient: number;
  maximumRetryAfterMs: number;
  maximumAttempts: number;
};

/** The policy of both sides, unless the configuration names another: 150 attempts are about a day. */
export const retryPolicy: Readonly<RetryPolicy> = {
  firstRetryAfterMs: 1000,
  backoffCoefficient: 2,
  maximumRetryAfterMs: 10 * 60 * 1000,
  maximumAttempts: 150,
};

/** How long to wait after the given attempt (counted from 1) before the next one; undefined after the last. */
export function retryAfterMs(
  attempt: number,
  { firstRetryAfterMs, backoffCoefficient, maximumRetryAfterMs, maximumAttempts }: RetryPolicy,
): number | undefined {
  if (attempt >= maximumAttempts) return undefined;
  return Math.min(firstRetryAfterMs * backoffCoefficient ** (attempt - 1), maximumRetryAfterMs);
}
