/** What an administrator sees of the counts of statistics, and how they are made again. */
import { inTransaction, openDatabase, type Database } from '../../adapters/postgres.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { canBeReadAgain } from '../../statistics/sources.ts';

/** The signups of a style that began on a day, and what became of them. */
export type Day = {
  style: Style;
  day: string;
  opened: number;
  activated: number;
  expired: number;
  undeliverable: number;
};

/** What is counted so far; undefined where statistics was never started. `url` is an administrator's. */
export function countedDays(url: string): Promise<Day[] | undefined> {
  return onTables(url, async (database) => {
    const { rows } = await database.query<Day>(
      `select style, day::text, opened::float8, activated::float8, expired::float8, undeliverable::float8
       from statistics.days order by day, array_position($1, style)`,
      [styles],
    );
    return rows;
  });
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
