/** What an administrator sees of the counts of statistics, and how they are made again. */
import { inTransaction, openDatabase, type Database } from '../../adapters/postgres.ts';
import type { Day } from '../../domain/counts.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { countedDays as shownDays } from '../../statistics/shown.ts';
import { canBeReadAgain } from '../../statistics/sources.ts';

/** What is counted so far; undefined where statistics was never started. `url` is an administrator's. */
export function countedDays(url: string): Promise<Day[] | undefined> {
  return onTables(url, shownDays);
}

/**
 * Empties the counts of the styles whose past can be read again, and has it read from the beginning. Resolves with those styles; what
 * a queue has brought stays, as it is nowhere else. Undefined where statistics was never started.
 */
export function recount(url: string): Promise<Style[] | undefined> {
  const again = styles.filter(canBeReadAgain);
  return onTables(url, (database) =>
    inTransaction(database, async (transaction) => {
      // First: whoever reads on from an earlier position commits nothing after this.
      await transaction.query('update statistics.positions set next = 0, moved_at = null, turn = turn + 1');
      await transaction.query('delete from statistics.signups where style = any($1)', [again]);
      return again;
    }),
  );
}

async function onTables<T>(url: string, use: (database: Database) => Promise<T>): Promise<T | undefined> {
  const database = openDatabase(url, { connections: 1 });
  try {
    return await use(database);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return undefined;
    throw error;
  } finally {
    await database.end();
  }
}
