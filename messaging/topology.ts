/**
 * What is declared on the broker, as data: one topic exchange that all services tell their events to, a place for events
 * that nobody listens to, and per service its own queues, one per reaction, each with its queue of dead letters.
 * The same on RabbitMQ 3.13 and 4. A queue's arguments cannot be changed later: a change needs a new name.
 */
import type { Channel } from 'amqplib';

/** The exchange of all events; the routing key is the event's type. */
export const eventExchange = 'signup.events';

/** What is observed of the other style: for those who watch, and lost where nobody does. */
export const observationExchange = 'signup.observations';

/** Keeps, as exchange and as queue, the events that nobody subscribes to. */
export const unrouted = 'signup.unrouted';

/** A queue of a service, the event types it listens to, and where: at the exchange of events unless said otherwise. */
export type Subscription = { queue: string; on: readonly string[]; exchange?: string };

const quorum = { 'x-queue-type': 'quorum' };

/** A full queue refuses new messages (the outbox keeps them) rather than losing old ones. */
const keepEverything = { ...quorum, 'x-overflow': 'reject-publish' };

/** Looking at a message counts as a delivery before RabbitMQ 4.3, and RabbitMQ 4 drops after 20 unless told otherwise. */
const setAside = { ...keepEverything, 'x-delivery-limit': 1_000_000_000 };

/** The exchange that a service's dead letters go through. */
export const deadLetterExchange = (service: string) => `${service}.dead-letters`;

/** Where the dead letters of a queue are. */
export const deadLettersOf = (queue: string) => `${queue}.dead`;

/** Declares what is missing. Only the service that owns a queue declares it. */
export async function declareTopology(
  channel: Channel,
  service: string,
  subscriptions: readonly Subscription[],
): Promise<void> {
  await channel.assertExchange(unrouted, 'fanout', { durable: true });
  await channel.assertQueue(unrouted, { durable: true, arguments: setAside });
  await channel.bindQueue(unrouted, unrouted, '');
  await channel.assertExchange(eventExchange, 'topic', { durable: true, alternateExchange: unrouted });
  await channel.assertExchange(observationExchange, 'topic', { durable: true });
  await channel.assertExchange(deadLetterExchange(service), 'direct', { durable: true });
  for (const { queue, on, exchange = eventExchange } of subscriptions) {
    const dead = deadLettersOf(queue);
    await channel.assertQueue(dead, { durable: true, arguments: setAside });
    await channel.bindQueue(dead, deadLetterExchange(service), queue);
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        ...keepEverything,
        // High: before RabbitMQ 4.3 every requeue counts, and a killed consumer counts for all it had prefetched.
        'x-delivery-limit': 100,
        'x-dead-letter-exchange': deadLetterExchange(service),
        'x-dead-letter-routing-key': queue,
        'x-dead-letter-strategy': 'at-least-once',
      },
    });
    for (const type of on) await channel.bindQueue(queue, exchange, type);
  }
}
