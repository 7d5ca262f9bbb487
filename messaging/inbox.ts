/**
 * The inbox: what a service does with an event it is told. State change, delivery row and the events that
 * follow are one transaction, under load one for many events. A fault commits a row that waits for its next
 * attempt, so that retrying, parking and resuming are each one update of a row, and no timer of the broker
 * holds business time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches, inOrderOfKey } from '../adapters/batches.ts';
import { DatabaseUnavailable, type Database, type Queryable } from '../adapters/postgres.ts';
import { asOfNow, type About, type Envelope } from '../domain/envelope.ts';
import type { EventKey, Fact, TypeOf } from '../domain/events.ts';
import { retryAfterMs, type RetryPolicy, type StepName } from '../domain/process.ts';
import type { Style } from '../domain/signup.ts';
import { PermanentFault } from '../domain/steps.ts';
import { every, pause } from '../adapters/waiting.ts';
import { timeAhead } from './clock.ts';
import { claimDue, isAnythingDue, keyOf, postpone, settle, type Delivery } from './deliveries.ts';
import { writeObservations } from './observations.ts';
import { tell, type Relay } from './outbox.ts';
import { takeDueTimers } from './timers.ts';
import { whileAway, type DatabaseNews } from './while-away.ts';

// Cost 6 (choreography): effectively once takes an inbox, an outbox, a relay and their housekeeping in every
// service. A workflow engine brings the same and hides it; here it is a folder to own.

/** What a reaction is given, with what was prepared and the time of the signup. */
export type Given<Steps, K extends EventKey, Prepared> = {
  transaction: Queryable;
  event: Envelope<TypeOf<K>>;
  steps: Steps;
  prepared: Prepared;
  at: string;
};

/**
 * What a service does when it is told of something. `prepare` runs with no transaction open: the place to
 * call a provider. `react` runs in the transaction that also records the delivery, and returns what the
 * service then says. `steps` are what both may take, given once the service runs: so what a service listens
 * to is a value, to be read without one.
 */
export type Reaction<Steps = unknown, K extends EventKey = EventKey, Prepared = unknown> = {
  /** Its name, and that of its queue. */
  queue: string;
  /** The keys of the events that it listens to. */
  on: readonly K[];
  /** Or the timers of this service that wake it, by name. */
  timers?: readonly string[];
  /** The step that it takes, as histories and the feed name it. */
  step?: StepName | ((event: Envelope<TypeOf<K>>) => StepName);
  prepare?: (given: { event: Envelope<TypeOf<K>>; steps: Steps }) => Promise<Prepared>;
  react: (given: Given<Steps, K, Prepared>) => Promise<readonly Fact[]>;
};

/** Declares reactions with those steps: it ties the types of an event and of what was prepared together. */
export function reactionsWith<Steps>() {
  return {
    /** One that hears of events from the broker. */
    reaction: <K extends EventKey, Prepared = undefined>(declared: Reaction<Steps, K, Prepared>) =>
      declared as unknown as Reaction<Steps>,
    /** One that timers wake. */
    timerReaction: (declared: Omit<Reaction<Steps, 'timer.due', undefined>, 'on' | 'prepare'>) =>
      ({ ...declared, on: [] }) as unknown as Reaction<Steps>,
  };
}

/** Those that hear of events from the broker; the others are woken by timers. */
export const fromBroker = <R extends Pick<Reaction, 'on'>>(reactions: readonly R[]): R[] =>
  reactions.filter(({ on }) => on.length > 0);

/** A delivery for which all that has to happen outside the transaction is done. */
type Ready = { delivery: Delivery; prepared: unknown };

export type Inbox = {
  /** Takes an event from a queue. Resolves once what it caused, or its next attempt, is committed. */
  receive(queue: string, envelope: Envelope): Promise<void>;
  /** Starts no further attempt and waits for those under way, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
};

const dueAtOnce = 50;

/** How many deliveries that were due are worked on side by side at most. */
const maximumUnderWay = 200;

/** How long a delivery that could be neither done nor postponed is left alone. */
const leaveAloneMs = 1000;

/** The pause after a look: short where something was due, as more is likely to follow; otherwise it grows. */
const pollAgainMs = 20;
const pollEveryMs = 500;

/** Opens the inbox of a service and starts to try again what is due. `transaction` is the relay's. */
export function openInbox<Steps>(options: {
  service: string;
  database: Database;
  instance: string;
  reactions: readonly Reaction<Steps>[];
  steps: Steps;
  retry: RetryPolicy;
  transaction: Relay['transaction'];
  onDatabase?: (news: DatabaseNews) => void;
  onFault: (
    fault: Error,
    about: { queue: string; step: string; style: Style; signupId: string; attempt: number; parked: boolean },
  ) => void;
}): Inbox {
  const { service, database, instance, steps, retry, transaction: inTransaction, onFault } = options;
  const reactions = new Map(options.reactions.map((each) => [each.queue, each]));
  // A process of the service that plays no reactions, such as the api, leaves what is due to those that do.
  const queues = [...reactions.keys()];
  const queueOf = new Map(
    options.reactions.flatMap(({ queue, timers = [] }) => timers.map((name) => [name, queue])),
  );
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const whileDatabaseAway = whileAway(database, stopping.signal, options.onDatabase ?? (() => {}));
  const commit = inBatches(commitTogether);
  let pauseMs = pollEveryMs;
  const polling = queues.length > 0 ? every(pollEveryMs, workOffDue, stopping.signal) : undefined;

  return {
    // A copy of a delivery that is done changes nothing. A copy of one that waits or is parked is tried, and
    // its failure not counted.
    receive: (queue, envelope) => attempt({ queue, message_id: envelope.id, envelope, attempts: 1 }),
    async stop(withinMs) {
      stopping.abort();
      await Promise.race([
        Promise.all([polling, ...underWay.values()]),
        delay(withinMs, undefined, { ref: false }),
      ]);
    },
  };

  /** One attempt at a delivery, whatever comes of it: done, waiting for the next one, or parked. */
  async function attempt(delivery: Delivery): Promise<void> {
    const { queue, attempts } = delivery;
    const { prepare } = reactionOf(queue);
    try {
      const event = asOfNow(delivery.envelope);
      await whileDatabaseAway(async () =>
        commit({ delivery: { ...delivery, envelope: event }, prepared: await prepare?.({ event, steps }) }),
      );
    } catch (error) {
      if (stopping.signal.aborted && error instanceof DatabaseUnavailable) throw error;
      const fault = error instanceof Error ? error : new Error(String(error));
      const nextAfterMs = fault instanceof PermanentFault ? undefined : retryAfterMs(attempts, retry);
      const parked = nextAfterMs === undefined;
      onFault(fault, {
        queue,
        step: stepOf(delivery) ?? queue,
        style: delivery.envelope.style,
        signupId: delivery.envelope.subject,
        attempt: attempts,
        parked,
      });
      await whileDatabaseAway(() => putOff(delivery, fault, nextAfterMs));
    }
  }

  /** Settles what is not done yet, reacts to it, and writes what is then told, in one transaction. */
  async function commitTogether(all: readonly Ready[]): Promise<void[]> {
    // Always in one order: two processes with the same signups in hand then do not block each other in a
    // circle.
    const signupOf = ({ delivery }: Ready) => delivery.envelope.subject;
    const inOrder = all.toSorted((one, other) => (signupOf(one) < signupOf(other) ? -1 : 1));
    await inTransaction(async (transaction) => {
      const settled = await settle(
        transaction,
        inOrder.map(({ delivery }) => delivery),
      );
      await inOrderOfKey(inOrder, signupOf, async ({ delivery, prepared }) => {
        const aheadMs = settled.get(keyOf(delivery));
        if (aheadMs === undefined) return;
        const at = timeAhead(aheadMs);
        const { react } = reactionOf(delivery.queue);
        const facts = await react({ transaction, event: delivery.envelope, steps, prepared, at });
        tell(transaction, causedBy(delivery, at), facts);
      });
    });
    return all.map(() => undefined);
  }

  /** Keeps the event for its next attempt, or parked for want of one, and notes that as an observation. */
  async function putOff(
    delivery: Delivery,
    { message }: Error,
    nextAfterMs: number | undefined,
  ): Promise<void> {
    const step = stepOf(delivery);
    // A provider's answer may hold a NUL, which Postgres takes in no text.
    const detail = message.replaceAll('\0', '');
    await inTransaction(async (transaction) => {
      const aheadMs = await postpone(transaction, delivery, detail, nextAfterMs);
      if (!step || aheadMs === undefined) return;
      const kind = nextAfterMs === undefined ? 'parked' : 'retrying';
      const { envelope, attempts } = delivery;
      // Each attempt is an observation of its own, with an id of its own.
      const about = { id: randomUUID(), signupId: envelope.subject, style: envelope.style };
      const at = timeAhead(aheadMs);
      await writeObservations(transaction, [{ ...about, step, kind, attempts, detail, at }]);
    });
  }

  function causedBy({ message_id: causationId, envelope, attempts }: Delivery, time: string): About {
    const { subject: signupId, style } = envelope;
    return { source: `/${service}`, style, signupId, time, causationId, attempts };
  }

  /** Starts attempts at what is due. Returns how long to wait before the next look. */
  async function workOffDue(): Promise<number> {
    const due = await takeDue().catch(() => []);
    for (const delivery of due) {
      const key = keyOf(delivery);
      const work = attempt({ ...delivery, attempts: delivery.attempts + 1 }).catch(() =>
        pause(leaveAloneMs, stopping.signal),
      );
      underWay.set(key, work);
      // A delivery that could be neither done nor postponed keeps its claim, and is claimed again.
      void work.finally(() => underWay.delete(key));
    }
    if (underWay.size >= maximumUnderWay) await Promise.race(underWay.values());
    if (due.length >= dueAtOnce) return 0;
    pauseMs = due.length > 0 ? pollAgainMs : Math.min(2 * pauseMs, pollEveryMs);
    return pauseMs;
  }

  async function takeDue(): Promise<Delivery[]> {
    const limit = dueAtOnce;
    const inHand = [...underWay.keys()];
    if (!(await isAnythingDue(database, { instance, queues, inHand, timers: [...queueOf.keys()] })))
      return [];
    const due = await claimDue(database, { instance, queues, inHand, limit });
    if (queueOf.size > 0) due.push(...(await takeDueTimers(database, { instance, service, queueOf, limit })));
    return due;
  }

  function stepOf({ queue, envelope }: Delivery): StepName | undefined {
    const { step } = reactionOf(queue);
    return typeof step === 'function' ? step(envelope) : step;
  }

  function reactionOf(queue: string): Reaction<Steps> {
    const found = reactions.get(queue);
    if (!found) throw new Error(`no reaction belongs to the queue \`${queue}\``);
    return found;
  }
}
