/** What goes wrong on a machine, in words for the terminal. */

/** Something is wrong that the user can put right: shown without a stack trace. */
export class PlatformError extends Error {
  override name = 'PlatformError';
}

/** The message of anything thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  // `fetch failed` says nothing; its cause does.
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message;
}
