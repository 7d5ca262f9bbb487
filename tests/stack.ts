/** The stack that all tests of a run share. */
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
