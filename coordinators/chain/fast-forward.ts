/**
 * Moves the clock of one signup of the chain, for operators and tests. No service knows of it. It has a role of its own in the
 * database, and goes from due row to due row: what is due next is made due now, and the signup's own time set ahead by as much. It
 * goes on only when nothing of the signup is unheard or at work, so that what happens in order in days happens in order here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { holdingLock, openDatabase, statement, type Queryable } from '../../adapters/postgres.ts';
import type { FastForwarded } from '../../domain/coordinator.ts';
import type { Subscription } from '../../messaging/transport.ts';

/** The clocks of signups, as an operator moves them. */
export type Clocks = {
  /** Throws `Unavailable`. */
  fastForward(signupId: string, byMs: number): Promise<FastForwarded>;
  close(): Promise<void>;
};

// Cost 8 (choreography): only a tool that knows every subscription can tell that a signup is at rest. The
// server of a workflow knows it by itself.
/** What each service listens to, by the name of its schema. */
export type Subscriptions = Record<'accounts' | 'notifications', readonly Subscription[]>;

const lookEveryMs = 10;

// An event is heard once each queue that it goes to has a row of it: done, waiting for its next attempt, or
// parked.
const selectState = statement<{ under_way: string | null; next_ms: number | null }>(
  'select-state',
  `with told as (
     select id, key from accounts.outbox where signup_id = $1
     union all select id, key from notifications.outbox where signup_id = $1),
   received as (
     select queue, message_id, state, due_at from accounts.deliveries where signup_id = $1
     union all select queue, message_id, state, due_at from notifications.deliveries where signup_id = $1),
   waiting as (
     select queue as what, due_at from received where state = 'waiting'
     union all select 'timer ' || name, due_at from accounts.timers where signup_id = $1),
   under_way as (
     select queue || ' has yet to hear of ' || key as what
     from told join unnest($2::text[], $3::text[]) as listening (queue, key) using (key)
     where not exists (select from received where received.queue = listening.queue and message_id = id)
     union all select what || ' is due' from waiting where due_at <= now())
   select (select string_agg(what, ', ') from under_way) as under_way,
          (select extract(epoch from min(due_at) - now()) * 1000 from waiting)::float8 as next_ms`,
);
const setAhead = (schema: string) =>
  statement(
    `set-ahead-${schema}`,
    `insert into ${schema}.clocks (signup_id, ahead) values ($1, $2::float8 * interval '1 ms')
     on conflict (signup_id) do update set ahead = clocks.ahead + excluded.ahead, moved_at = now()`,
  );
const setAheadIn = { accounts: setAhead('accounts'), notifications: setAhead('notifications') };
const hasten = (table: string, where: string) =>
  statement(
    `hasten-${table}`,
    `update ${table} set due_at = due_at - $2::float8 * interval '1 ms' where signup_id = $1 and ${where}`,
  );
const hastenings = [
  hasten('accounts.timers', 'true'),
  hasten('accounts.deliveries', "state = 'waiting'"),
  hasten('notifications.deliveries', "state = 'waiting'"),
];

/** Opens the tool with the role that may move what is due in both schemas. Where nothing happens for `restsWithinMs`, nothing will. */
export function openClocks(
  databaseUrl: string,
  subscriptions: Subscriptions,
  { restsWithinMs = 60_000 } = {},
): Clocks {
  const database = openDatabase(databaseUrl, { connections: 4 });
  const heard = [...subscriptions.accounts, ...subscriptions.notifications].flatMap(({ queue, on }) =>
    on.map((key) => ({ queue, key })),
  );
  const queues = heard.map(({ queue }) => queue);
  const keys = heard.map(({ key }) => key);

  return {
    async fastForward(signupId, byMs) {
      let movedMs = 0;
      let underWay: string | undefined;
      let giveUpAt = Date.now() + restsWithinMs;
      while (Date.now() < giveUpAt) {
        // Two that move the same signup at the same time take turns.
        const step = await holdingLock(database, signupId, (transaction) =>
          advance(transaction, signupId, byMs - movedMs),
        );
        if (step === 'at-rest') return 'moved';
        if (typeof step === 'number') {
          movedMs += step;
          giveUpAt = Date.now() + restsWithinMs;
        } else underWay = step.underWay;
        await delay(lookEveryMs);
      }
      return { movedMs, underWay: underWay ?? 'nothing' };
    },
    close: () => database.end(),
  };

  /** Moves the clock to what is due next, at most by `leftMs`, if the signup is at rest. Returns by how much. */
  async function advance(
    transaction: Queryable,
    signupId: string,
    leftMs: number,
  ): Promise<number | 'at-rest' | { underWay: string }> {
    const [state] = await selectState(transaction, signupId, queues, keys);
    const { under_way: underWay, next_ms: nextMs } = state!;
    if (underWay !== null) return { underWay };
    if (leftMs <= 0) return 'at-rest';
    const stepMs = Math.min(leftMs, nextMs ?? leftMs);
    await setAheadIn.accounts(transaction, signupId, stepMs);
    await setAheadIn.notifications(transaction, signupId, stepMs);
    for (const hastening of hastenings) await hastening(transaction, signupId, stepMs);
    return stepMs;
  }
}
