/**
 * The inbox: what a service does with an event it is told. State change, delivery row and the events that
 * follow are one transaction, under load one for many events. A fault commits a row that waits for its next
 * attempt, so that retrying, parking and resuming are each one update of a row, and no timer of the broker
 * holds business time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches, inOrderOfKey } from '../adapters/batches.ts';
import { DatabaseUnavailable, type Database } from '../adapters/postgres.ts';
import { asOfNow, type About, type Envelope } from '../domain/envelope.ts';
import { retryAfterMs, type RetryPolicy, type StepName } from '../domain/process.ts';
import type { Style } from '../domain/signup.ts';
import { PermanentFault } from '../domain/steps.ts';
import { timeAhead } from './clock.ts';
import { keyOf, postpone, settle, type Delivery } from './deliveries.ts';
import { workOffDue } from './due.ts';
import { writeObservations } from './observations.ts';
import { tell, type InTellingTransaction } from './outbox.ts';
import type { Reaction } from './reactions.ts';
import type { Way } from './transport.ts';
import { whileAway, type DatabaseNews } from './while-away.ts';

// Cost 6 (choreography): effectively once takes an inbox, an outbox, a relay and their housekeeping in every
// service. A workflow engine brings the same and hides it; here it is a folder to own.

/** A delivery for which all that has to happen outside the transaction is done. */
type Ready = { delivery: Delivery; prepared: unknown };

export type Inbox = {
  /** Takes an event from a queue. Resolves once what it caused, or its next attempt, is committed. */
  receive(queue: string, envelope: Envelope): Promise<void>;
  /** Starts no further attempt and waits for those under way, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
};

/** Opens the inbox of a service and starts to try again what is due. `transaction` is the relay's. */
export function openInbox<Steps>(options: {
  service: string;
  database: Database;
  instance: string;
  reactions: readonly Reaction<Steps>[];
  steps: Steps;
  retry: RetryPolicy;
  transaction: InTellingTransaction;
  /** Told of each delivery that is settled or postponed, in the transaction that does so. */
  alongside?: NonNullable<Way['alongside']>;
  onDatabase?: (news: DatabaseNews) => void;
  onFault: (
    fault: Error,
    about: { queue: string; step: string; style: Style; signupId: string; attempt: number; parked: boolean },
  ) => void;
}): Inbox {
  const {
    service,
    database,
    instance,
    steps,
    retry,
    transaction: inTransaction,
    alongside,
    onFault,
  } = options;
  const reactions = new Map(options.reactions.map((each) => [each.queue, each]));
  const stopping = new AbortController();
  const whileDatabaseAway = whileAway(database, stopping.signal, options.onDatabase ?? (() => {}));
  const commit = inBatches(commitTogether);
  const due = workOffDue({
    service,
    database,
    instance,
    reactions: options.reactions,
    attempt,
    signal: stopping.signal,
  });

  return {
    // A copy of a delivery that is done changes nothing. A copy of one that waits or is parked is tried, and
    // its failure not counted.
    receive: (queue, envelope) => attempt({ queue, message_id: envelope.id, envelope, attempts: 1 }),
    async stop(withinMs) {
      stopping.abort();
      await Promise.race([due.finished(), delay(withinMs, undefined, { ref: false })]);
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
    const deliveries = inOrder.map(({ delivery }) => delivery);
    await inTransaction(async (transaction) => {
      const [settled] = await Promise.all([
        settle(transaction, deliveries),
        alongside?.(transaction, deliveries),
      ]);
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
      await alongside?.(transaction, [delivery]);
      if (!step || aheadMs === undefined) return;
      const kind = nextAfterMs === undefined ? 'parked' : 'retrying';
      const { envelope, attempts } = delivery;
      // Each attempt is an observation of its own, with an id of its own.
      const { id: causationId, subject: signupId, style } = envelope;
      const about = { id: randomUUID(), signupId, style, causationId };
      const at = timeAhead(aheadMs);
      await writeObservations(transaction, [{ ...about, step, kind, attempts, detail, at }]);
    });
  }

  function causedBy({ message_id: causationId, envelope, attempts }: Delivery, time: string): About {
    const { subject: signupId, style } = envelope;
    return { source: `/${service}`, style, signupId, time, causationId, attempts };
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
