/**
 * What is due later in a signup's life. Timers are rows, written in the transaction of the state they belong
 * to. One that is due becomes a delivery of the inbox, so that it is tried again, parked and resumed like any
 * event. The broker has no part in it.
 */
import { v5 as uuidv5 } from 'uuid';
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { envelop } from '../domain/envelope.ts';
import type { Style } from '../domain/signup.ts';
import { holdDue, type Delivery } from './deliveries.ts';

/** A timer to be set. Its name is unique in its signup; `about` is given to the reaction that it wakes. */
export type Timer = { name: string; dueAt: string; about?: Record<string, unknown> };

const setTimersStatement = statement(
  'set-timers',
  `insert into timers (signup_id, style, name, due_at, about)
   select $1, $2, name, "dueAt", coalesce(about, '{}')
   from jsonb_to_recordset($3) as timer (name text, "dueAt" timestamptz, about jsonb)
   on conflict do nothing`,
);
const cancelTimersStatement = statement('cancel-timers', 'delete from timers where signup_id = $1');

/** Sets the timers of a signup whose time is the clock's; one that is set already stays as it is. */
export async function setTimers(
  transaction: Queryable,
  { signupId, style }: { signupId: string; style: Style },
  timers: readonly Timer[],
): Promise<void> {
  await setTimersStatement(transaction, signupId, style, JSON.stringify(timers));
}

/** Nothing more is due in this signup's life. */
export async function cancelTimers(transaction: Queryable, signupId: string): Promise<void> {
  await cancelTimersStatement(transaction, signupId);
}

type Due = { signup_id: string; style: Style; name: string; about: Record<string, unknown>; due_at: string };

const takeDueTimersStatement = statement<Due>(
  'take-due-timers',
  `delete from timers where (signup_id, name) in (
     select signup_id, name from timers where due_at <= now() and name = any($1)
     order by due_at limit $2 for update skip locked)
   returning signup_id, style, name, about, due_at`,
);

/** Makes deliveries of the timers that are due, claimed for this process, the earliest first. */
export async function takeDueTimers(
  database: Database,
  options: { instance: string; service: string; queueOf: ReadonlyMap<string, string>; limit: number },
): Promise<Delivery[]> {
  const { instance, service, queueOf, limit } = options;
  return inTransaction(database, async (transaction) => {
    const due = await takeDueTimersStatement(transaction, [...queueOf.keys()], limit);
    const deliveries = due
      .toSorted((one, other) => (one.due_at < other.due_at ? -1 : 1))
      .map(({ signup_id: signupId, style, name, about, due_at: time }): Delivery => {
        const id = uuidv5(`timer ${name}`, signupId);
        const envelope = envelop(
          { type: 'timer.due', data: { timer: name, about } },
          { source: `/${service}`, style, signupId, time, id },
        );
        return { queue: queueOf.get(name)!, message_id: id, envelope, attempts: 0, claimed_by: instance };
      });
    if (deliveries.length > 0) await holdDue(transaction, instance, deliveries);
    return deliveries;
  });
}
