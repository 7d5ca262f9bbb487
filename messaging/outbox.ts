/**
 * The outbox: events are written in the transaction that makes them true, and published after it by the relay
 * of the same process, or by any other of the service should this one die first. Published at least once, in
 * no promised order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches } from '../adapters/batches.ts';
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { every } from '../adapters/waiting.ts';
import { envelop, type About, type Envelope } from '../domain/envelope.ts';
import { keyOf, type Fact } from '../domain/events.ts';
import { retellSome } from './retell.ts';
import type { Publish } from './transport.ts';

const insertEvents = statement(
  'insert-events',
  `insert into outbox (id, signup_id, key, envelope)
   select (envelope ->> 'id')::uuid, (envelope ->> 'subject')::uuid, key, envelope
   from jsonb_to_recordset($1::jsonb) as told (key text, envelope jsonb)
   on conflict (id) do nothing`,
);
const isAnythingUnsent = statement<{ unsent: boolean; asked: boolean }>(
  'is-anything-unsent',
  `select exists (select from outbox
                  where sent_at is null and written_at <= now() - $1::float8 * interval '1 ms') as unsent,
          exists (select from retellings) as asked`,
);
const claimUnsent = statement<Published & { envelope: Envelope }>(
  'claim-unsent',
  `select id, retold, envelope from outbox where sent_at is null and written_at <= now() - $2::float8 * interval '1 ms'
   order by position limit $1 for update skip locked`,
);
// Not flushed to the disk on its own: a mark that is lost with Postgres means that the event is published
// again. An event that was asked for meanwhile stays unsent.
const markSentStatement = statement(
  'mark-sent',
  `with unflushed as materialized (select set_config('synchronous_commit', 'off', true))
   update outbox set sent_at = now()
   from unflushed, unnest($1::uuid[], $2::int[]) as published (id, retold)
   where outbox.id = published.id and outbox.retold = published.retold and sent_at is null`,
);

/** An event that was published, and how often it was to be told again before that. */
type Published = { id: string; retold: number };

/** An open transaction, and what is told in it so far. */
export type Transaction = Queryable & { readonly told: Envelope[] };

/** Tells facts: they leave once the transaction is committed. The same fact told again is the same event. */
export function tell({ told }: Transaction, about: About, facts: readonly Fact[]): void {
  told.push(...facts.map((fact) => envelop(fact, about)));
}

/** Runs `work` in a transaction and writes what is told in it. Any relay of the service publishes it. */
export async function inTellingTransaction<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<{ result: T; told: readonly Envelope[] }> {
  const told: Envelope[] = [];
  const result = await inTransaction(
    database,
    (client) => work({ query: client.query.bind(client), told }),
    async (client) =>
      told.length > 0 &&
      insertEvents(client, JSON.stringify(told.map((envelope) => ({ key: keyOf(envelope), envelope })))),
  );
  return { result, told };
}

/** Runs `work` in a transaction, and publishes what is told in it once it is committed. */
export type InTellingTransaction = <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;

export type Relay = {
  /** Publishes at once what was told, and does not wait for that. */
  transaction: InTellingTransaction;
  /** Publishes what was committed before, if broker and database answer within `withinMs`, then stops. */
  stop(withinMs: number): Promise<void>;
};

async function markSent(on: Queryable, published: readonly Published[]): Promise<void> {
  const ids = published.map(({ id }) => id);
  await markSentStatement(
    on,
    ids,
    published.map(({ retold }) => retold),
  );
}

/** Events of so many transactions are published from memory at once; further ones wait in the outbox. */
const maximumUnderWay = 250;

/** How many events left behind are published together. */
const windowSize = 256;

/** Marks of so long share a statement: nothing waits for them, and the database has other work. */
const markLingerMs = 100;

/** How often the relay looks for events that a dead process or an absent broker has left behind. */
const pollEveryMs = 1000;

/** An unsent event of this age is left behind; a younger one may be under way in its process. */
const leftBehindAfterMs = 2000;

/**
 * Starts to publish what a service tells: at once what is told here, from the outbox what was left behind. An
 * event is marked once it is confirmed; one whose confirm is lost is published again, and listeners know it
 * by its id.
 */
export function startRelay(database: Database, publish: Publish): Relay {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const mark = inBatches(
    async (published: readonly Published[]) => {
      await markSent(database, published);
      return published;
    },
    { atMost: windowSize, lingerMs: markLingerMs },
  );
  const polling = every(pollEveryMs, poll, stopping.signal);

  return {
    async transaction(work) {
      const { result, told } = await inTellingTransaction(database, work);
      if (told.length > 0 && underWay.size < maximumUnderWay) {
        const publishing = publishAtOnce(told);
        underWay.add(publishing);
        void publishing.finally(() => underWay.delete(publishing));
      }
      return result;
    },
    async stop(withinMs) {
      stopping.abort();
      const finished = async () => {
        await polling;
        await Promise.all(underWay);
        await publishLeft(0).catch(() => {});
      };
      // A broker that takes nothing confirms nothing either.
      await Promise.race([finished(), delay(withinMs, undefined, { ref: false })]);
    },
  };

  /** A failure means that broker or database is away: it comes back by itself, the events are left behind. */
  async function publishAtOnce(envelopes: readonly Envelope[]): Promise<void> {
    try {
      await publish(envelopes);
      await Promise.all(envelopes.map(({ id }) => mark({ id, retold: 0 })));
    } catch {
      // Looked for by the poll.
    }
  }

  /** Returns how long to wait: after a full window not at all, as there is likely to be more. */
  async function poll(): Promise<number> {
    const published = await publishLeft(leftBehindAfterMs).catch(() => 0);
    return published < windowSize ? pollEveryMs : 0;
  }

  /** Publishes a window of what was told longer ago than that, and marks it once all of it is confirmed. */
  async function publishLeft(olderThanMs: number): Promise<number> {
    // As a rule there is none, and looking costs a fraction of a transaction that claims.
    const [left] = await isAnythingUnsent(database, olderThanMs);
    if (left!.asked) await retellSome(database);
    else if (!left!.unsent) return 0;
    return inTransaction(database, async (transaction) => {
      const events = await claimUnsent(transaction, windowSize, olderThanMs);
      if (events.length > 0) {
        await publish(events.map(({ envelope }) => envelope));
        await markSent(transaction, events);
      }
      return events.length;
    });
  }
}
