/** Waiting for a service's own database. An attempt that fails because it is away is not counted. */
import { DatabaseUnavailable, untilAnswers, type Database } from '../adapters/postgres.ts';
import { pause } from '../adapters/waiting.ts';

/**
 * How often work may fail as if the database were away, although it answers and takes writes. That takes
 * minutes; after it the fault is that of the work, such as a statement that always takes too long.
 */
const contradictedAtMost = 30;
const firstPauseMs = 20;
const longestPauseMs = 10_000;

/** Runs `work`, and again each time that the database is back, until `signal` is aborted. */
export type WhileAway = <T>(work: () => Promise<T>) => Promise<T>;

/** What became of the database: why it is taken as away, or that it was and is back. */
export type DatabaseNews = { away: string } | 'back';

/** Makes that function for one database. While it is away, all work waits for one probe. */
export function whileAway(
  database: Database,
  signal: AbortSignal,
  onNews: (news: DatabaseNews) => void,
): WhileAway {
  let returning: Promise<boolean> | undefined;

  return async (work) => {
    let contradicted = 0;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || signal.aborted) throw error;
        if (contradicted >= contradictedAtMost) throw error;
        returning ??= untilBack(error).finally(() => (returning = undefined));
        if (await returning) contradicted = 0;
        await pause(Math.min(firstPauseMs * 2 ** contradicted, longestPauseMs), signal);
        contradicted += 1;
      }
    }
  };

  async function untilBack({ message }: Error): Promise<boolean> {
    onNews({ away: message });
    const wasAway = await untilAnswers(database, signal);
    if (wasAway && !signal.aborted) onNews('back');
    return wasAway;
  }
}
