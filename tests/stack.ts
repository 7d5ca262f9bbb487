/** The stack that all tests of a run share, and waiting for facts. */
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Stack } from '../tools/platform/stack.ts';

let shared: Stack | undefined;

/** Makes a stack the one of the tests to come; returns the one that was it so far. */
export function shareStack(stack: Stack | undefined): Stack | undefined {
  const before = shared;
  shared = stack;
  return before;
}

/** The stack of this run. Tests are kept apart by unique addresses and keys. */
export function theStack(): Stack {
  if (!shared) throw new Error('there is no stack: run tests with `npm test -- FILE`');
  return shared;
}

/**
 * Looks until `look` returns something that is not undefined or false, and returns it. Throws after `withinMs`, saying what
 * it waited for and what it last saw: throw an error from `look` to say what is seen meanwhile.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 30_000, everyMs = 50 } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown = 'nothing yet';
  do {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    await delay(everyMs);
  } while (Date.now() < deadline);
  throw new Error(`waited ${withinMs / 1000} s for ${what}; last seen: ${inspect(last, { depth: 4 })}`);
}
