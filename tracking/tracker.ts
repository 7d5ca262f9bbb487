/**
 * The tracker watches: it reads what each service tells, for lists, timelines and the feed, and decides nothing. It needs nothing of
 * what it watches but the rows that a service has committed: neither broker nor Temporal. Trouble with one service does not keep it
 * from the others, and while it is down itself, nothing else notices.
 */
import { statement, type Database } from '../adapters/postgres.ts';
import { every } from '../adapters/waiting.ts';
import type { Observation } from '../domain/tracked.ts';
import { advance, settledUpTo, type Cursor } from './cursor.ts';
import { note } from './note.ts';
import { observationIn, type ToldRow } from './steps.ts';

/** The services that tell of steps, by the names of their schemas. */
export const watched = ['accounts', 'notifications'] as const;
type Watched = (typeof watched)[number];

const batchSize = 500;

/** Where something happened just now, more is likely to. */
const lookAgainMs = 100;
const lookEveryMs = 250;
const lookAfterTroubleMs = 1000;

/** What a service tells may be one column short for a look or two, while a later version of it starts. */
const troubleFromLooks = 3;

/** A service makes its tables at its first start, which takes seconds. */
const notThereFromLooks = 30;

/** What comes before the step that it follows waits so long for it, as it may be told by another service, or be on its way. */
const waitsMs = 15_000;

/** After so long it is asked for what may have been missed. */
const askAfterMs = 1000;

const columns = `position::float8 as position, id, signup_id as "signupId", style, type, channel, purpose, step, kind, attempts, detail, at,
  causation_id as "causationId", group_name as "group"`;
type Row = ToldRow & { position: number };

// Cost 7 (choreography): no service holds the whole, so a further process reads what all of them tell, to say
// where a signup is. The workflow's history comes with the engine.
const readingOf = (service: Watched) => ({
  after: statement<Row>(
    `select-told-by-${service}`,
    // Of the view, not of what is selected: an index has it in this order.
    `select ${columns} from ${service}.told where position > $1 order by told.position limit ${batchSize}`,
  ),
  missing: statement<Row>(
    `select-missing-of-${service}`,
    `select ${columns} from unnest($1::bigint[], $2::bigint[]) as gap (first, last)
     cross join lateral (
       select * from ${service}.told where position between first and last order by position limit ${batchSize}) as told
     order by position`,
  ),
});
const readings = { accounts: readingOf('accounts'), notifications: readingOf('notifications') };

/** A service opens its schema to the tracker in the transaction that makes the tables in it. */
const selectIsOpen = statement<{ isOpen: boolean }>(
  'select-is-open',
  `select exists (select from pg_namespace where nspname = $1 and has_schema_privilege(oid, 'usage')) as "isOpen"`,
);

/** The service was never up, or its tables are being made. */
class NotThereYet extends Error {}

const selectReadUpTo = statement<{ position: number }>(
  'select-read-up-to',
  'select position::float8 as position from read_up_to where service = $1',
);
const noteReadUpTo = statement(
  'note-read-up-to',
  `insert into read_up_to (service, position) values ($1, $2)
   on conflict (service) do update set position = excluded.position`,
);

/** Starts to watch, and does so until `stop`. `onMissed` is told of a signup of which something seems not to have been observed. */
export function startTracker(options: {
  database: Database;
  onMissed: (observation: Observation) => void;
  onTrouble: (service: string, error: Error) => void;
}): { inTrouble(): string[]; stop(): Promise<void> } {
  const { database, onMissed, onTrouble } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const inTrouble = new Set<string>();
  const watching = watched.map(watch);
  return {
    inTrouble: () => [...inTrouble],
    async stop() {
      stopping.abort();
      await Promise.all(watching);
    },
  };

  async function watch(service: Watched): Promise<void> {
    let look: (() => Promise<number>) | undefined;
    let failed = 0;
    await every(
      lookEveryMs,
      async () => {
        try {
          look ??= await lookingAt(service);
          const found = await look();
          inTrouble.delete(service);
          failed = 0;
          return found === 0 ? lookEveryMs : found < batchSize ? lookAgainMs : 0;
        } catch (error) {
          const isNotThereYet = error instanceof NotThereYet;
          // There is nothing of it to be missed.
          if (isNotThereYet) inTrouble.delete(service);
          else inTrouble.add(service);
          failed += 1;
          if (failed === (isNotThereYet ? notThereFromLooks : troubleFromLooks))
            onTrouble(service, error as Error);
          return lookAfterTroubleMs;
        }
      },
      signal,
    );
  }

  /** Resolves with a function that reads on and notes what it finds, and says how much that was. */
  async function lookingAt(service: Watched): Promise<() => Promise<number>> {
    const [schema] = await selectIsOpen(database, service);
    if (!schema?.isOpen) throw new NotThereYet('it has not made its tables yet');
    const [saved] = await selectReadUpTo(database, service);
    const { after, missing } = readings[service];
    let cursor: Cursor = { end: saved?.position ?? 0, missing: [] };
    /** Since when an observation waits for what it follows. */
    let early = new Map<string, { since: number; isAsked: boolean }>();

    return async () => {
      const now = performance.now();
      const found = [
        ...(cursor.missing.length > 0
          ? await missing(
              database,
              cursor.missing.map(({ from }) => from),
              cursor.missing.map(({ to }) => to),
            )
          : []),
        ...(await after(database, cursor.end)),
      ];
      if (found.length === 0) {
        cursor = advance(cursor, [], now);
        return 0;
      }
      const seen = found.flatMap((row) => observationIn(row) ?? []);
      const waitedMs = ({ id }: Observation) => now - (early.get(id)?.since ?? now);
      let next = cursor;
      const stillEarly = await note(database, service, seen, {
        isOverdue: (observation) => waitedMs(observation) > waitsMs,
        last: (transaction, left) => {
          const waiting = new Set(left.map(({ id }) => id));
          const taken = found.filter(({ id }) => !waiting.has(id)).map(({ position }) => position);
          next = advance(cursor, taken, now);
          return noteReadUpTo(transaction, service, settledUpTo(next));
        },
      });
      cursor = next;
      early = new Map(
        stillEarly.map((observation) => {
          const { since, isAsked } = early.get(observation.id) ?? { since: now, isAsked: false };
          const asksNow = !isAsked && now - since > askAfterMs;
          if (asksNow) onMissed(observation);
          return [observation.id, { since, isAsked: isAsked || asksNow }];
        }),
      );
      return found.length;
    };
  }
}
