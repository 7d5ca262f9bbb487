/**
 * The rows of a service's inbox: one per queue and message, `done`, `waiting` for its next attempt, or
 * `parked`. One statement per function; when and why is decided in `inbox.ts`.
 */
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import { aheadMs } from './clock.ts';

/** What makes two messages the same delivery. */
export type DeliveryKey = { queue: string; message_id: string };

/** A message in hand. `attempts` counts the one under way; only one that was due needs a claim. */
export type Delivery = DeliveryKey & { envelope: Envelope; attempts: number; claimed_by?: string };

type Ahead = { ahead_ms: number };

/** A delivery's key as one text. */
export const keyOf = ({ queue, message_id: messageId }: DeliveryKey) => `${queue} ${messageId}`;

const settleStatement = statement<DeliveryKey & Ahead>(
  'settle',
  `insert into deliveries (queue, message_id, signup_id, state, attempts, done_at)
   select queue, message_id, signup_id, 'done', attempts, now()
   from unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[]) as told (queue, message_id, signup_id, attempts)
   on conflict (queue, message_id) do update
     set state = 'done', envelope = null, attempts = greatest(deliveries.attempts, excluded.attempts),
         done_at = now(), due_at = null, claimed_by = null
     where deliveries.state <> 'done'
   returning queue, message_id, ${aheadMs('deliveries.signup_id')}`,
);

/** Marks deliveries as done. Returns the keys of those that were not, with how far their signup is ahead. */
export async function settle(
  transaction: Queryable,
  deliveries: readonly Delivery[],
): Promise<Map<string, number>> {
  const settled = await settleStatement(
    transaction,
    deliveries.map(({ queue }) => queue),
    deliveries.map((each) => each.message_id),
    deliveries.map(({ envelope }) => envelope.subject),
    deliveries.map(({ attempts }) => attempts),
  );
  return new Map(settled.map((row) => [keyOf(row), row.ahead_ms]));
}

const postponeStatement = statement<Ahead>(
  'postpone',
  `insert into deliveries (queue, message_id, signup_id, envelope, attempts, claimed_by, last_error, state, due_at)
   values ($1, $2, $3, $4, $5, $6, $7,
           case when $8::float8 is null then 'parked' else 'waiting' end, now() + $8::float8 * interval '1 ms')
   on conflict (queue, message_id) do update
     set attempts = excluded.attempts, last_error = excluded.last_error, state = excluded.state,
         due_at = excluded.due_at, claimed_by = null
     where deliveries.state = 'waiting' and deliveries.claimed_by = excluded.claimed_by
   returning ${aheadMs('deliveries.signup_id')}`,
);

/**
 * Keeps a delivery for its next attempt after so many milliseconds, or parked where there is none. Returns
 * how far its signup is ahead of the clock; undefined where that is decided already: a copy of what is kept,
 * parked or done changes nothing by failing.
 */
export async function postpone(
  transaction: Queryable,
  { queue, message_id: messageId, envelope, attempts, claimed_by: claimedBy }: Delivery,
  lastError: string,
  nextAfterMs: number | undefined,
): Promise<number | undefined> {
  const row = [queue, messageId, envelope.subject, envelope, attempts, claimedBy ?? null];
  const [kept] = await postponeStatement(transaction, ...row, lastError, nextAfterMs ?? null);
  return kept?.ahead_ms;
}

const holdDueStatement = statement(
  'hold-due',
  `insert into deliveries (queue, message_id, signup_id, envelope, state, attempts, due_at, claimed_by)
   select queue, message_id, (envelope ->> 'subject')::uuid, envelope, 'waiting', attempts, now(), $1
   from jsonb_to_recordset($2) as due (queue text, message_id uuid, envelope jsonb, attempts integer)
   on conflict do nothing`,
);

/** Keeps deliveries that are due now, claimed for this process. */
export async function holdDue(
  transaction: Queryable,
  instance: string,
  deliveries: readonly Delivery[],
): Promise<void> {
  await holdDueStatement(transaction, instance, JSON.stringify(deliveries));
}

const isAnythingDueStatement = statement<{ due: boolean }>(
  'is-anything-due',
  `select exists (select from deliveries
                  where state = 'waiting' and due_at <= now() and queue = any($2)
                    and (claimed_by is null or claimed_by <> $1 or queue || ' ' || message_id <> all ($4)))
       or exists (select from timers where due_at <= now() and name = any($3)) as due`,
);

/** Deliveries of these queues, without those whose keys this process has in hand. */
type Looking = { instance: string; queues: readonly string[]; inHand: readonly string[] };

/** Whether a delivery or a timer may be claimed. Looking costs an idle process a fraction of claiming. */
export async function isAnythingDue(
  database: Database,
  { instance, queues, inHand, timers }: Looking & { timers: readonly string[] },
): Promise<boolean> {
  const [row] = await isAnythingDueStatement(database, instance, queues, timers, inHand);
  return row!.due;
}

const claimDueStatement = statement<Delivery>(
  'claim-due',
  `update deliveries set claimed_by = $1
   where (queue, message_id) in (
     select queue, message_id from deliveries as due
     where state = 'waiting' and due_at <= now() and queue = any($3)
       and (claimed_by is null
            or claimed_by = $1 and queue || ' ' || message_id <> all ($4)
            or claimed_by <> $1 and not exists (select from instances where id = due.claimed_by and alive_until > now()))
     order by due_at limit $2 for update skip locked)
   returning queue, message_id, envelope, attempts, claimed_by`,
);

/**
 * Claims for this process what is due on its queues. That includes what a dead process had claimed, and what
 * this one had claimed without having it in hand: the answer was lost, or neither work nor postponement could
 * be written.
 */
export function claimDue(
  database: Database,
  { instance, queues, inHand, limit }: Looking & { limit: number },
): Promise<Delivery[]> {
  return claimDueStatement(database, instance, limit, queues, inHand);
}

const unparkStatement = statement(
  'unpark',
  `update deliveries set state = 'waiting', due_at = now(), attempts = 0, claimed_by = null
   where signup_id = $1 and state = 'parked'`,
);

/** Makes what is parked of a signup due at once, with a full number of attempts. */
export async function unpark(transaction: Queryable, signupId: string): Promise<void> {
  await unparkStatement(transaction, signupId);
}
