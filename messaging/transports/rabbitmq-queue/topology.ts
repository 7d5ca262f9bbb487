/**
 * What is declared on the broker: one topic exchange for the events of all services, a place for events that
 * no queue is bound for, and the queues of each service, one per reaction, each with its queue of dead
 * letters. What is shared belongs to the platform, the rest to the service of its name. The same on RabbitMQ
 * 3.13 and 4. A queue's arguments cannot be changed later: a change needs a new name.
 */
import type { Channel, ChannelModel } from 'amqplib';
import { withoutReaction } from '../../../domain/events.ts';
import type { Subscription } from '../../transport.ts';
import { isThere, onChannel } from '../rabbitmq/connection.ts';

/** The exchange of all events; the routing key is the event's. */
export const eventExchange = 'signup.events';

/** Takes the facts that no service reacts to, so that they are not unrouted. No queue is behind it. */
const withoutReactionExchange = 'signup.without-reaction';

/** Takes the events that nothing is bound for. */
const unroutedExchange = 'signup.unrouted';

/** Keeps the latest of them. */
export const unrouted = 'signup.unrouted.latest';

const quorum = { 'x-queue-type': 'quorum' };

/** A full queue refuses new messages (the outbox keeps them) rather than losing old ones. */
const keepEverything = { ...quorum, 'x-overflow': 'reject-publish' };

/** Before RabbitMQ 4.3 a look at a message counts as a delivery, and RabbitMQ 4 drops after 20 by default. */
const toBeLookedAt = { 'x-delivery-limit': 1_000_000_000 };

/** Unrouted events must neither fill the disk nor block their producer: the oldest make room. */
const keepLatest = { ...quorum, 'x-overflow': 'drop-head', 'x-max-length': 10_000 };

/** The exchange that a service's dead letters go through. */
const deadLetterExchange = (service: string) => `${service}.dead-letters`;

/** Where the dead letters of a queue are. */
export const deadLettersOf = (queue: string) => `${queue}.dead`;

/**
 * The mark of a service: an exchange, bound to the exchange of events by its own name. It says that the
 * service has seen its whole topology, and asked for what it may have missed until then. The mark is taken
 * away before something that is missing is made, and is gone with the exchange of events, too.
 */
const markOf = (service: string) => `${service}.topology`;

/** Whether what all services share is there. */
export function isSharedThere(model: ChannelModel): Promise<boolean> {
  return isThere(
    onChannel(model, async (channel) => {
      await channel.checkExchange(unroutedExchange);
      await channel.checkQueue(unrouted);
      await channel.checkExchange(eventExchange);
      await channel.checkExchange(withoutReactionExchange);
    }),
  );
}

/** Makes what all services share, as far as it is missing. */
export function makeShared(model: ChannelModel): Promise<void> {
  return onChannel(model, async (channel) => {
    await channel.assertExchange(unroutedExchange, 'fanout', { durable: true });
    await channel.assertQueue(unrouted, { durable: true, arguments: { ...keepLatest, ...toBeLookedAt } });
    await channel.bindQueue(unrouted, unroutedExchange, '');
    await channel.assertExchange(eventExchange, 'topic', {
      durable: true,
      alternateExchange: unroutedExchange,
    });
    await channel.assertExchange(withoutReactionExchange, 'fanout', { durable: true });
    for (const key of withoutReaction)
      await channel.bindExchange(withoutReactionExchange, eventExchange, key);
  });
}

/** How many messages wait in the queues of a service; undefined where something of its own is missing. */
export async function waitingIn(
  model: ChannelModel,
  service: string,
  subscriptions: readonly Subscription[],
): Promise<number | undefined> {
  let waiting = 0;
  const there = isThere(
    onChannel(model, async (channel) => {
      await channel.checkExchange(deadLetterExchange(service));
      for (const { queue } of subscriptions) {
        await channel.checkQueue(deadLettersOf(queue));
        waiting += (await channel.checkQueue(queue)).messageCount;
      }
    }),
  );
  return (await there) ? waiting : undefined;
}

/** Makes what is missing of a service's own. Rejects where the exchange of events is missing. */
export async function makeOwn(
  model: ChannelModel,
  service: string,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const isWhole = (await waitingIn(model, service, subscriptions)) !== undefined;
  await onChannel(model, async (channel) => {
    if (!isWhole) await channel.deleteExchange(markOf(service));
    await channel.assertExchange(deadLetterExchange(service), 'direct', { durable: true });
    for (const { queue, on } of subscriptions) {
      await declareQueue(channel, service, queue);
      for (const key of on) await channel.bindQueue(queue, eventExchange, key);
    }
  });
}

async function declareQueue(channel: Channel, service: string, queue: string): Promise<void> {
  const dead = deadLettersOf(queue);
  await channel.assertQueue(dead, { durable: true, arguments: { ...keepEverything, ...toBeLookedAt } });
  await channel.bindQueue(dead, deadLetterExchange(service), queue);
  await channel.assertQueue(queue, {
    durable: true,
    arguments: {
      ...keepEverything,
      // High: before RabbitMQ 4.3 every requeue counts, and a killed consumer counts for all it had
      // prefetched.
      'x-delivery-limit': 100,
      'x-dead-letter-exchange': deadLetterExchange(service),
      'x-dead-letter-routing-key': queue,
      'x-dead-letter-strategy': 'at-least-once',
    },
  });
}

/** Sets the mark of a service. */
export function setMark(model: ChannelModel, service: string): Promise<void> {
  return onChannel(model, async (channel) => {
    await channel.assertExchange(markOf(service), 'fanout', { durable: true, internal: true });
    await channel.bindExchange(markOf(service), eventExchange, markOf(service));
  });
}

/**
 * Whether the mark of a service is where it was set, found out by a message that would go to it: no queue is
 * behind the mark, so the broker gives the message back. Without the mark it is unrouted. Rejects where the
 * exchange of events is missing.
 */
export async function isMarked(model: ChannelModel, service: string): Promise<boolean> {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {});
  try {
    let isReturned = false;
    channel.on('return', () => (isReturned = true));
    await new Promise<void>((resolve, reject) => {
      const options = { mandatory: true, expiration: 1000 };
      channel.publish(eventExchange, markOf(service), Buffer.alloc(0), options, (error: unknown) =>
        error ? reject(error) : resolve(),
      );
    });
    return isReturned;
  } finally {
    await channel.close().catch(() => {});
  }
}
