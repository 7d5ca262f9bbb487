/** What tests see of the counts of statistics, and how they disturb them. */
import { strict as assert } from 'node:assert';
import { openDatabase } from '../adapters/postgres.ts';
import { until } from '../adapters/waiting.ts';
import type { Style } from '../domain/signup.ts';
import { forEachStyle } from '../domain/styles.ts';
import type { Day } from '../domain/counts.ts';
import { countedDays } from '../tools/operator/statistics.ts';
import { databaseOf } from './inside.ts';
import { theStack } from './stack.ts';

/** The signups of each style that were opened, and those of them that were activated. */
export type Counts = Record<Style, { opened: number; activated: number }>;

/** Waits until it has counted that. */
export async function untilCounted(what: string, expected: Counts): Promise<void> {
  await until(`statistics to count ${what}`, async () => {
    assert.deepEqual(await counted(), expected);
    return true;
  });
}

/** What it has counted by now. */
export async function counted(): Promise<Counts> {
  return sumsOf((await countedDays(theStack().addresses.databaseAdmin)) ?? []);
}

/** The counts of all days together. */
export function sumsOf(days: readonly Day[]): Counts {
  return forEachStyle((style) => {
    const ofStyle = days.filter((day) => day.style === style);
    const sum = (of: 'opened' | 'activated') => ofStyle.reduce((whole, day) => whole + day[of], 0);
    return { opened: sum('opened'), activated: sum('activated') };
  });
}

/** Makes every count of these signups fail. Returns what mends it. */
export function faultAt(ids: readonly string[]): Promise<() => Promise<void>> {
  return atCount(ids, `raise exception 'this signup cannot be counted'`);
}

/** The lock behind which a count is held up; nothing else takes it. */
const holdUp = 1_504;

/** Has every transaction that counts these signups stand still, until it is let go. */
export async function holdUpAt(ids: readonly string[]) {
  // One connection, which has the lock for as long as it is open.
  const holder = openDatabase(theStack().addresses.databaseAdmin, { connections: 1 });
  await holder.query('select pg_advisory_lock($1)', [holdUp]);
  const mend = await atCount(ids, `perform pg_advisory_xact_lock_shared(${holdUp})`);
  return {
    untilHeldUp: () =>
      until('a count to be held up', async () => {
        const { rowCount } = await holder.query(
          `select from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
          [holdUp],
        );
        return (rowCount ?? 0) > 0;
      }),
    async letGo() {
      await holder.end();
      await mend();
    },
  };
}

/** Has the database do something whenever one of these signups is counted. Returns what takes that back. */
async function atCount(ids: readonly string[], statement: string): Promise<() => Promise<void>> {
  const database = databaseOf('statistics');
  await database.query(
    `create function at_count() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$`,
  );
  await database.query(
    `create trigger at_count before insert on signups for each row
     when (new.signup_id in (${ids.map((id) => `'${id}'`).join(', ')})) execute function at_count()`,
  );
  return async () => void (await database.query('drop function at_count cascade'));
}
