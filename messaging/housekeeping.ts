/**
 * Housekeeping: what a service no longer needs is removed after 30 days or more, in small batches with
 * pauses, so that the live path does not wait for it. Every process of a service does so; two at a time take
 * different rows.
 */
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { every, pause } from '../adapters/waiting.ts';

/** Removes one batch of old rows, and says whether that was all. */
export type Removal = (on: Queryable) => Promise<{ isLast: boolean }>;

const batchSize = 500;
const pauseMs = 100;
const hourMs = 60 * 60 * 1000;

/**
 * How long the rows are kept by which a repeated step is known. A signup takes a week, and for 30 days after
 * its end its workflow can be reset, which repeats its steps; the rest is room for steps that were parked.
 */
export const keptForRepetitionDays = 90;

/** Removes rows of `table` whose time `at` is so many days past. An index on `at` must serve it. */
export function removalOfOld(table: string, at: string, { where = 'true', days = 30 } = {}): Removal {
  const remove = statement<{ removed: number }>(
    `remove-old-${table}`,
    `with old as (
       select ctid from ${table} where ${where} and ${at} < now() - interval '${days} days'
       limit $1 for update skip locked),
     removed as (delete from ${table} where ctid = any (array(select ctid from old)) returning 1)
     select count(*)::int as removed from removed`,
  );
  return async (on) => {
    const [batch] = await remove(on, batchSize);
    return { isLast: (batch?.removed ?? 0) < batchSize };
  };
}

/** What every service of the chain removes: events sent, deliveries done, observations, clocks. */
export const removalsOfEveryService: readonly Removal[] = [
  removalOfOld('outbox', 'sent_at'),
  removalOfOld('deliveries', 'done_at', { where: "state = 'done'" }),
  removalOfOld('observations', 'written_at'),
  removalOfOld('clocks', 'moved_at', { days: keptForRepetitionDays }),
];

export type Housekeeping = { stop(): Promise<void> };

/** Removes what is old now and every hour. A failure waits for the next hour. */
export function startHousekeeping(options: {
  database: Database;
  removals: readonly Removal[];
  onProblem: (error: Error) => void;
  everyMs?: number;
}): Housekeeping {
  const { database, removals, onProblem, everyMs = hourMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const working = every(everyMs, removeOld, signal);
  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };

  async function removeOld(): Promise<void> {
    for (const remove of removals) {
      await removeAll(remove).catch((error: unknown) => onProblem(error as Error));
    }
  }

  async function removeAll(remove: Removal): Promise<void> {
    while (!signal.aborted) {
      const { isLast } = await remove(database);
      if (isLast) return;
      await pause(pauseMs, signal);
    }
  }
}
