/** How a database that is away is told to the HTTP edge. */
import { DatabaseUnavailable } from './postgres.ts';
import { Unavailable } from '../domain/coordinator.ts';

/** Runs `work`; a database that is away becomes the `Unavailable` of the coordinators. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? new Unavailable('database', error) : error;
  }
}
