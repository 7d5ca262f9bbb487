/**
 * The relay of a process: it publishes what its service tells, at once what is told here, from the outbox what
 * a dead process or an absent broker has left behind. Published at least once, in no promised order. Each style
 * has its own way, and none waits for another.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches } from '../adapters/batches.ts';
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { every } from '../adapters/waiting.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { Style } from '../domain/signup.ts';
import { inTellingTransaction, type InTellingTransaction } from './outbox.ts';
import { retellSome } from './retell.ts';
import type { Publish } from './transport.ts';

// Asked for each style by itself: a table full of events of a style that is away is not read to its end.
const selectLeft = statement<{ styles: Style[]; asked: boolean }>(
  'select-left',
  `select array(select style from unnest($1::text[]) as way (style)
                where exists (select from outbox
                              where outbox.style = way.style and sent_at is null
                                and written_at <= now() - $2::float8 * interval '1 ms')) as styles,
          exists (select from retellings) as asked`,
);
const claimUnsent = statement<Published & { envelope: Envelope }>(
  'claim-unsent',
  `select id, retold, envelope from outbox
   where style = $1 and sent_at is null and written_at <= now() - $3::float8 * interval '1 ms'
   order by position limit $2 for update skip locked`,
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

async function markSent(on: Queryable, published: readonly Published[]): Promise<void> {
  const ids = published.map(({ id }) => id);
  await markSentStatement(
    on,
    ids,
    published.map(({ retold }) => retold),
  );
}

export type Relay = {
  /** Publishes at once what was told, and does not wait for that. */
  transaction: InTellingTransaction;
  /** Publishes what was committed before, if brokers and database answer within `withinMs`, then stops. */
  stop(withinMs: number): Promise<void>;
};

/** Events of so many transactions of a style are published from memory at once; further ones wait in the outbox. */
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
 * Starts to publish what a service tells, each event the way of its style; without one it stays in the outbox.
 * An event is marked once it is confirmed; one whose confirm is lost is published again, and listeners know it
 * by its id.
 */
export function startRelay(database: Database, ways: ReadonlyMap<Style, Publish>): Relay {
  const stopping = new AbortController();
  const mark = inBatches(
    async (published: readonly Published[]) => {
      await markSent(database, published);
      return published;
    },
    { atMost: windowSize, lingerMs: markLingerMs },
  );
  const relaying = new Map([...ways].map(([style, publish]) => [style, relayOf(style, publish)]));
  const polling = every(pollEveryMs, poll, stopping.signal);

  return {
    async transaction(work) {
      const { result, written } = await inTellingTransaction(database, work);
      for (const style of new Set(written.map((envelope) => envelope.style))) {
        relaying.get(style)?.publishAtOnce(written.filter((envelope) => envelope.style === style));
      }
      return result;
    },
    async stop(withinMs) {
      stopping.abort();
      const finished = Promise.all([polling, ...[...relaying.values()].map(({ finish }) => finish())]);
      // A broker that takes nothing confirms nothing either.
      await Promise.race([finished, delay(withinMs, undefined, { ref: false })]);
    },
  };

  /** As a rule nothing is left, and looking costs a fraction of a transaction that claims. */
  async function poll(): Promise<void> {
    try {
      const [left] = await selectLeft(database, [...ways.keys()], leftBehindAfterMs);
      const { styles, asked } = left!;
      if (asked) await retellSome(database);
      for (const style of asked ? relaying.keys() : styles) relaying.get(style)?.workOff();
    } catch {
      // The database is away. It is looked at again.
    }
  }

  /** The relay of one style. A failure means that broker or database is away: the events are left behind. */
  function relayOf(style: Style, publish: Publish) {
    const underWay = new Set<Promise<void>>();
    let workingOff: Promise<void> | undefined;

    return {
      publishAtOnce(envelopes: readonly Envelope[]): void {
        if (underWay.size >= maximumUnderWay) return;
        const publishing = publishAndMark(envelopes).catch(() => {});
        underWay.add(publishing);
        void publishing.finally(() => underWay.delete(publishing));
      },
      /** Publishes all that is left behind, unless that is under way already. */
      workOff(): void {
        workingOff ??= publishLeft()
          .catch(() => {})
          .finally(() => (workingOff = undefined));
      },
      async finish(): Promise<void> {
        await Promise.all([...underWay, workingOff]);
        await publishWindow(0).catch(() => {});
      },
    };

    async function publishAndMark(envelopes: readonly Envelope[]): Promise<void> {
      await publish(envelopes);
      await Promise.all(envelopes.map(({ id }) => mark({ id, retold: 0 })));
    }

    /** After a full window there is likely to be more. */
    async function publishLeft(): Promise<void> {
      let published = windowSize;
      while (published === windowSize && !stopping.signal.aborted) {
        published = await publishWindow(leftBehindAfterMs);
      }
    }

    /** Publishes a window of what was told longer ago than that, and marks it once all of it is confirmed. */
    function publishWindow(olderThanMs: number): Promise<number> {
      return inTransaction(database, async (transaction) => {
        const events = await claimUnsent(transaction, style, windowSize, olderThanMs);
        if (events.length > 0) {
          await publish(events.map(({ envelope }) => envelope));
          await markSent(transaction, events);
        }
        return events.length;
      });
    }
  }
}
