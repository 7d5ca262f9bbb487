/** Calls of Temporal that an answer waits for. The client by itself tries again for minutes; an HTTP answer cannot wait for that. */
import type { Connection } from '@temporalio/client';
import { Unavailable } from '../../domain/coordinator.ts';

/** Calls Temporal, for at most so long. Throws `Unavailable` where the server gives no answer in time. */
export async function inTime<T>(
  connection: Connection,
  withinMs: number,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await connection.withDeadline(Date.now() + withinMs, call);
  } catch (error) {
    throw isUnanswered(error) ? new Unavailable('temporal', error) : error;
  }
}

const unansweredCodes = new Set([1, 4, 14]); // CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE of gRPC

/** Whether the server gave no answer, as opposed to a bad one. The client wraps what gRPC throws. */
export function isUnanswered(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && unansweredCodes.has(Number(cause.code))) return true;
  }
  return false;
}
