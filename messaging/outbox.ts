/**
 * The outbox: events are written in the transaction that makes them true, and published after it by a relay in the same
 * process, or by any other of the service should this one die first. Published at least once, in no promised order.
 */
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { envelop, type About, type Envelope, type Fact } from '../domain/events.ts';

const insertEvent = statement(
  'insert-event',
  `insert into outbox (id, signup_id, type, envelope)
   select event.id, event.subject, event.type, event.envelope
   from jsonb_array_elements($1::jsonb) as envelopes (envelope),
        lateral (select (envelope ->> 'id')::uuid, (envelope ->> 'subject')::uuid, envelope ->> 'type', envelope)
          as event (id, subject, type, envelope)
   on conflict (id) do nothing`,
);
const claimUnsent = statement<{ id: string; envelope: Envelope }>(
  'claim-unsent',
  `select id, envelope from outbox where sent_at is null
   order by position limit $1 for update skip locked`,
);
const markSent = statement('mark-sent', 'update outbox set sent_at = now() where id = any($1)');

/** Tells facts: they leave once the transaction is committed. The same fact told again is the same event. */
export async function tell(transaction: Queryable, about: About, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return;
  await insertEvent(transaction, JSON.stringify(facts.map((fact) => envelop(fact, about))));
}

/** Publishes one event; resolves once the broker has confirmed that it is kept. */
export type Publish = (envelope: Envelope) => Promise<void>;

export type Relay = {
  /** There may be something to publish: call it after a commit. */
  wake(): void;
  /** Publishes what was committed before, if broker and database answer, then stops. */
  stop(): Promise<void>;
};

const windowSize = 256;

/** How often the relay looks by itself for what a process that died has left behind. */
const pollEveryMs = 1000;

/**
 * Starts to publish what the outbox holds, a window of events at a time, each window marked once all of it is confirmed.
 * A window that failed is published again: listeners know duplicates by their id.
 */
export function startRelay(database: Database, publish: Publish): Relay {
  let stopped = false;
  let woken = false;
  let rest: (() => void) | undefined;
  const wake = () => {
    woken = true;
    rest?.();
  };
  const loop = (async () => {
    while (!stopped || woken) {
      woken = false;
      // A failure means that the broker or the database is away; both come back by themselves.
      const published = await publishWindow().catch(() => 0);
      if (published < windowSize && !woken && !stopped) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollEveryMs);
          rest = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        rest = undefined;
      }
    }
  })();
  return {
    wake,
    async stop() {
      stopped = true;
      rest?.();
      await loop;
    },
  };

  function publishWindow(): Promise<number> {
    return inTransaction(database, async (transaction) => {
      const events = await claimUnsent(transaction, windowSize);
      if (events.length > 0) {
        await Promise.all(events.map(({ envelope }) => publish(envelope)));
        await markSent(
          transaction,
          events.map(({ id }) => id),
        );
      }
      return events.length;
    });
  }
}
