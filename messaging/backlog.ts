/** What waits in a service's own rows: events to be published, deliveries to be tried again or parked. */
import { statement, type Queryable } from '../adapters/postgres.ts';

/** `oldestUnsentSeconds` is 0 where nothing waits to be published. */
export type Backlog = { unsent: number; oldestUnsentSeconds: number; waiting: number; parked: number };

// Both tables have an index of just these rows.
const readBacklogStatement = statement<Backlog>(
  'read-backlog',
  `select (select count(*) from outbox where sent_at is null)::float8 as unsent,
          coalesce((select extract(epoch from now() - min(written_at)) from outbox where sent_at is null), 0)::float8
            as "oldestUnsentSeconds",
          count(*) filter (where state = 'waiting')::float8 as waiting,
          count(*) filter (where state = 'parked')::float8 as parked
   from deliveries where state <> 'done'`,
);

/** Reads it. Throws `DatabaseUnavailable`. */
export async function readBacklog(on: Queryable): Promise<Backlog> {
  const [backlog] = await readBacklogStatement(on);
  return backlog!;
}
