/**
 * The inbox: what a service does with an event it is told. State change, delivery row and the events that follow are one
 * transaction. A fault commits a row that waits for its next attempt, so that retrying, parking and resuming are each one
 * update of a row, and no timer of the broker holds business time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DatabaseUnavailable,
  inTransaction,
  statement,
  untilAnswers,
  type Database,
  type Queryable,
} from '../adapters/postgres.ts';
import type { About, Envelope, EventType, Fact } from '../domain/events.ts';
import { retryAfterMs, type RetryPolicy } from '../domain/process.ts';
import { PermanentFault, type StepName } from '../domain/steps.ts';
import { tell } from './outbox.ts';

// Cost 6 (choreography): effectively once takes an inbox, an outbox, a relay and their housekeeping in every service. A
// workflow engine brings the same and hides it; here it is a folder to own.

/**
 * What a service does when it is told of something. `before` runs with no transaction open: the place to call a provider.
 * `react` runs in the transaction that also records the delivery, and returns what the service then says.
 */
export type Reaction<T extends EventType = EventType, Prepared = unknown> = {
  queue: string;
  on: readonly T[];
  /** Where the queue listens; at the exchange of events when missing. */
  exchange?: string;
  /** The step that it takes, for those who watch. */
  step?: StepName;
  before?: (event: Envelope<T>) => Promise<Prepared>;
  react: (
    transaction: Queryable,
    event: Envelope<T>,
    prepared: Prepared,
    at: string,
  ) => Promise<readonly Fact[]>;
};

/** Declares a reaction; it only ties the types of its event and of what was prepared together. */
export function reaction<T extends EventType, Prepared = undefined>(
  declared: Reaction<T, Prepared>,
): Reaction {
  return declared as unknown as Reaction;
}

/** Queue, message id, signup, envelope and number of attempts of a delivery. */
type Row = readonly [string, string, string, Envelope, number];
type Delivery = { queue: string; message_id: string; envelope: Envelope; attempts: number };

const stateOfDelivery = statement<{ state: string }>(
  'state-of-delivery',
  'select state from deliveries where queue = $1 and message_id = $2',
);
const settle = statement<{ attempts: number }>(
  'settle',
  `insert into deliveries (queue, message_id, signup_id, envelope, state, attempts, done_at)
   values ($1, $2, $3, $4, 'done', $5, now())
   on conflict (queue, message_id) do update
     set state = 'done', attempts = greatest(deliveries.attempts, excluded.attempts), done_at = now(), due_at = null, claimed_by = null
     where deliveries.state <> 'done'
   returning attempts`,
);
const postpone = statement(
  'postpone',
  `insert into deliveries (queue, message_id, signup_id, envelope, attempts, last_error, state, due_at)
   values ($1, $2, $3, $4, $5, $6,
           case when $7::float8 is null then 'parked' else 'waiting' end, now() + $7::float8 * interval '1 ms')
   on conflict (queue, message_id) do update
     set attempts = greatest(deliveries.attempts, excluded.attempts), last_error = excluded.last_error, state = excluded.state,
         due_at = excluded.due_at, claimed_by = null
     where deliveries.state <> 'done'`,
);
const claimDue = statement<Delivery>(
  'claim-due',
  `update deliveries set claimed_by = $1
   where (queue, message_id) in (
     select queue, message_id from deliveries as due
     where state = 'waiting' and due_at <= now()
       and (claimed_by is null
            or claimed_by <> $1 and not exists (select from instances where id = due.claimed_by and alive_until > now()))
     order by due_at limit $2 for update skip locked)
   returning queue, message_id, envelope, attempts`,
);

export type Inbox = {
  /** Takes an event from a queue. Resolves once what it caused, or its next attempt, is committed. */
  receive(queue: string, envelope: Envelope): Promise<void>;
  /** Starts no further attempt and waits for those under way, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
};

const dueAtOnce = 50;
const pollEveryMs = 250;

/** Opens the inbox of a service and starts to try again what is due. `committed` is called after each commit that may have told something. */
export function openInbox(options: {
  service: string;
  database: Database;
  instance: string;
  reactions: readonly Reaction[];
  retry: RetryPolicy;
  committed: () => void;
  onFault: (
    fault: Error,
    about: { queue: string; step: string; signupId: string; attempt: number; parked: boolean },
  ) => void;
}): Inbox {
  const { service, database, instance, retry, committed, onFault } = options;
  const reactions = new Map(options.reactions.map((each) => [each.queue, each]));
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const polling = pollDue();

  return {
    receive: async (queue, envelope) => {
      // A provider is not called for a copy of what was done, waits or is parked; without one, the transaction decides.
      if (reactionOf(queue).before && (await whileDatabaseAway(() => isKnown(queue, envelope)))) return;
      await attempt({ queue, message_id: envelope.id, envelope, attempts: 0 });
    },
    async stop(withinMs) {
      stopping.abort();
      await Promise.race([Promise.all([polling, ...underWay]), delay(withinMs, undefined, { ref: false })]);
    },
  };

  async function isKnown(queue: string, envelope: Envelope): Promise<boolean> {
    return (await stateOfDelivery(database, queue, envelope.id)).length > 0;
  }

  /** One attempt at a delivery, whatever comes of it: done, waiting for the next one, or parked. */
  async function attempt(delivery: Delivery): Promise<void> {
    const { queue, message_id: messageId, envelope } = delivery;
    const attempts = delivery.attempts + 1;
    const row: Row = [queue, messageId, envelope.subject, envelope, attempts];
    try {
      await whileDatabaseAway(() => act(reactionOf(queue), envelope, row));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      const fault = error instanceof Error ? error : new Error(String(error));
      const nextAfterMs = fault instanceof PermanentFault ? undefined : retryAfterMs(attempts, retry);
      onFault(fault, {
        queue,
        step: reactionOf(queue).step ?? queue,
        signupId: envelope.subject,
        attempt: attempts,
        parked: nextAfterMs === undefined,
      });
      await whileDatabaseAway(() => putOff(reactionOf(queue), row, fault, nextAfterMs));
    }
  }

  /** Keeps the event for its next attempt, or parked for want of one, and tells of it. */
  async function putOff(
    { step }: Reaction,
    row: Row,
    { message }: Error,
    nextAfterMs: number | undefined,
  ): Promise<void> {
    await inTransaction(database, async (transaction) => {
      await postpone(transaction, ...row, message, nextAfterMs ?? null);
      if (!step) return;
      const kind = nextAfterMs === undefined ? 'parked' : 'retrying';
      // Each attempt is a fact of its own, so each gets an id of its own.
      const about = { ...aboutCause(row, new Date().toISOString()), id: randomUUID() };
      await tell(transaction, about, [{ type: 'step.observed', data: { step, kind, detail: message } }]);
    });
    committed();
  }

  async function act({ before, react }: Reaction, envelope: Envelope, row: Row): Promise<void> {
    const prepared = await before?.(envelope);
    const at = new Date().toISOString();
    await inTransaction(database, async (transaction) => {
      const [settled] = await settle(transaction, ...row);
      if (!settled) return;
      const facts = await react(transaction, envelope, prepared, at);
      await tell(transaction, aboutCause(row, at), facts);
    });
    committed();
  }

  function aboutCause([, causationId, signupId, , attempts]: Row, time: string): About {
    return { source: `/${service}`, signupId, time, causationId, attempts };
  }

  /** That our own database is away is not an attempt: wait for it and go on. */
  async function whileDatabaseAway<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || stopping.signal.aborted) throw error;
        await untilAnswers(database, stopping.signal);
      }
    }
  }

  async function pollDue(): Promise<void> {
    while (!stopping.signal.aborted) {
      const due = await claimDue(database, instance, dueAtOnce).catch(() => []);
      for (const delivery of due) {
        const work = attempt(delivery).catch(() => {});
        underWay.add(work);
        void work.finally(() => underWay.delete(work));
      }
      if (due.length < dueAtOnce) {
        await delay(pollEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  function reactionOf(queue: string): Reaction {
    const found = reactions.get(queue);
    if (!found) throw new Error(`no reaction belongs to the queue \`${queue}\``);
    return found;
  }
}
