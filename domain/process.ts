/**
 * The numbers of the process, read by both coordinators: when things are due, and how faults are retried.
 * No library is imported here: workflow code loads this file into its sandbox.
 */

const hourMs = 60 * 60 * 1000;

/** From step 1 to the end of the deadline for the click, in milliseconds. */
export const verifyWithinMs = 7 * 24 * hourMs;

/** When the deadline of a signup opened at `at` (ISO 8601) is, in ISO 8601. */
export function verifyBy(at: string): string {
  return new Date(Date.parse(at) + verifyWithinMs).toISOString();
}

/**
 * How a step that answers with a fault is retried, on both sides. 150 attempts are about a day; after the last one the
 * step is parked.
 */
export const retryPolicy = {
  firstRetryAfterMs: 1000,
  backoffCoefficient: 2,
  maximumRetryAfterMs: 10 * 60 * 1000,
  maximumAttempts: 150,
} as const;

/** How long to wait after the given attempt (counted from 1) before the next one; undefined after the last. */
export function retryAfterMs(attempt: number): number | undefined {
  if (attempt >= retryPolicy.maximumAttempts) return undefined;
  const uncapped = retryPolicy.firstRetryAfterMs * retryPolicy.backoffCoefficient ** (attempt - 1);
  return Math.min(uncapped, retryPolicy.maximumRetryAfterMs);
}
