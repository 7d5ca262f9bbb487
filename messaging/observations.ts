/**
 * Observations: rows beside the outbox that only the tracker reads. No step waits for them or fails with
 * them; those of the chain are part of the transaction that postpones a delivery.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches } from '../adapters/batches.ts';
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { withoutAddresses } from '../domain/signup.ts';
import type { Observation } from '../domain/tracked.ts';
import { whileAway } from './while-away.ts';

const insertion = `insert into observations (id, signup_id, style, step, kind, attempts, detail, at, causation_id, group_name)
   select id, "signupId", style, step, kind, attempts, detail, at, "causationId", "group"
   from jsonb_to_recordset($1::jsonb) as seen (id uuid, "signupId" uuid, style text, step text, kind text,
     attempts integer, detail text, at timestamptz, "causationId" uuid, "group" text)`;
const writeObservationsStatement = statement('write-observations', insertion);
// Not flushed to the disk on its own: a row that is lost with Postgres is caught up.
const writeUnflushed = statement(
  'write-unflushed',
  `with unflushed as materialized (select set_config('synchronous_commit', 'off', true))
   ${insertion}, unflushed`,
);

/** Writes observations in a transaction that is open. */
export async function writeObservations(
  transaction: Queryable,
  observations: readonly Observation[],
): Promise<void> {
  await writeObservationsStatement(transaction, rowsOf(observations));
}

/** Without addresses, which providers quote in their answers. */
function rowsOf(observations: readonly Observation[]): string {
  return JSON.stringify(
    observations.map((each) => ({ ...each, detail: each.detail && withoutAddresses(each.detail) })),
  );
}

/** Writes down what is observed as it happens. */
export type Observer = {
  /** Returns at once. An observation that is lost is caught up. */
  observe(observation: Observation): void;
  /** Writes what it has in hand, if the database answers within a moment. */
  stop(): Promise<void>;
};

/** The observations of so long share a statement. */
const lingerMs = 20;

/** How many are kept in memory at most while the database is away. */
const maximumInHand = 1000;

const finishWithinMs = 2000;

/** Starts an observer of a service. While its database is away, it keeps the first of what it sees. */
export function startObserver(database: Database): Observer {
  const stopping = new AbortController();
  const inHand = new Set<Promise<unknown>>();
  const onceThere = whileAway(database, stopping.signal, () => {});
  const write = inBatches(
    async (observations: readonly Observation[]) => {
      await onceThere(() => writeUnflushed(database, rowsOf(observations)));
      return observations;
    },
    { lingerMs },
  );

  return {
    observe(observation) {
      if (inHand.size >= maximumInHand) return;
      const writing = write(observation).catch(() => {});
      inHand.add(writing);
      void writing.finally(() => inHand.delete(writing));
    },
    async stop() {
      await Promise.race([Promise.all(inHand), delay(finishWithinMs, undefined, { ref: false })]);
      stopping.abort();
    },
  };
}
