/** What waits in a service's own rows: events to be published, deliveries to be tried again or parked. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { Style } from '../domain/signup.ts';

/** Events of a style that are not published yet, and the age of the oldest. */
export type Unsent = { style: Style; events: number; oldestSeconds: number };

/** `unsent` has the styles of which there are any. */
export type Backlog = { unsent: Unsent[]; waiting: number; parked: number };

// Both tables have an index of just these rows.
const readUnsent = statement<Unsent>(
  'read-unsent',
  `select style, count(*)::float8 as events,
          extract(epoch from now() - min(written_at))::float8 as "oldestSeconds"
   from outbox where sent_at is null group by style`,
);
const readOpen = statement<Omit<Backlog, 'unsent'>>(
  'read-open',
  `select count(*) filter (where state = 'waiting')::float8 as waiting,
          count(*) filter (where state = 'parked')::float8 as parked
   from deliveries where state <> 'done'`,
);

/** Reads it. Throws `DatabaseUnavailable`. */
export async function readBacklog(on: Queryable): Promise<Backlog> {
  const [unsent, [open]] = await Promise.all([readUnsent(on), readOpen(on)]);
  return { unsent, ...open! };
}
