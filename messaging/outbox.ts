/**
 * The outbox: events are written in the transaction that makes them true, and published after it by a relay
 * (`relay.ts`).
 */
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { envelop, type About, type Envelope } from '../domain/envelope.ts';
import { keyOf, type Fact } from '../domain/events.ts';

const insertEvents = statement<{ id: string }>(
  'insert-events',
  `insert into outbox (id, signup_id, key, envelope)
   select (envelope ->> 'id')::uuid, (envelope ->> 'subject')::uuid, key, envelope
   from jsonb_to_recordset($1::jsonb) as told (key text, envelope jsonb)
   on conflict (id) do nothing returning id`,
);

/** An open transaction, and what is told in it so far. */
export type Transaction = Queryable & { readonly told: Envelope[] };

/** Tells facts: they leave once the transaction is committed. The same fact told again is the same event. */
export function tell({ told }: Transaction, about: About, facts: readonly Fact[]): void {
  told.push(...facts.map((fact) => envelop(fact, about)));
}

/**
 * Runs `work` in a transaction and writes what is told in it. `written` is what was not in the outbox already:
 * what is there, has been published or will be. Any relay of the service publishes it.
 */
export async function inTellingTransaction<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<{ result: T; written: readonly Envelope[] }> {
  const told: Envelope[] = [];
  const ids = new Set<string>();
  const result = await inTransaction(
    database,
    (client) => work({ query: client.query.bind(client), told }),
    async (client) => {
      if (told.length === 0) return;
      const rows = JSON.stringify(told.map((envelope) => ({ key: keyOf(envelope), envelope })));
      for (const { id } of await insertEvents(client, rows)) ids.add(id);
    },
  );
  // A fact that was told twice in the transaction is one event.
  return { result, written: told.filter(({ id }) => ids.delete(id)) };
}

/** Runs `work` in a transaction, and publishes what is told in it once it is committed. */
export type InTellingTransaction = <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
