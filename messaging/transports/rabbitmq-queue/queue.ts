/**
 * Events over queues of RabbitMQ: each subscription has a queue, bound to the keys that it listens to. A
 * queue forgets what was taken from it, and a broker may lose queues; so each service looks after its own,
 * and asks again for what it may have missed.
 */
import type { Database } from '../../../adapters/postgres.ts';
import { readEnvelopes } from '../../../domain/envelope.ts';
import type { Features, Subscription, Transport } from '../../transport.ts';
import { onChannel } from '../rabbitmq/connection.ts';
import { openConsumer, prefetch, type Consumer } from './consumer.ts';
import { messageSize, openPublisher } from './publisher.ts';
import { deadLettersOf, unrouted } from './topology.ts';
import { startUpkeep, type Upkeep } from './upkeep.ts';

const features: Features = {
  remembersThePast: false,
  keepsOrder: false,
  keepsUnrouted: true,
  setsAsideWithService: false,
  inHandAtMost: prefetch * messageSize,
};

/** Queues of the broker at `url`. What was last seen of them is noted in the service's `database`. */
export function rabbitmqQueue({ url, database }: { url: string; database: Database }): Transport {
  return {
    features,
    async open({ service, log }) {
      const onProblem = (problem: string, error: Error) => log.warn({ reason: error.message }, problem);
      const publisher = await openPublisher({ url, service, onProblem });
      // A process that only tells, such as the api, has no use for a second connection.
      let listening:
        | { subscriptions: readonly Subscription[]; consumer: Consumer; upkeep: Upkeep }
        | undefined;

      return {
        publish: publisher.publish,
        async listen({ subscriptions, receive, askAgain }) {
          const consumer = await openConsumer({
            url,
            service,
            subscriptions,
            async take(queue, content) {
              const { readable, unreadable } = readEnvelopes(content);
              await Promise.all(readable.map((envelope) => receive(queue, envelope)));
              const [error] = unreadable;
              if (!error) return 'keep';
              // What came in the same message was received, and is known again should the message be sent on
              // its way once more.
              log.error({ queue, reason: error.message }, 'set a message aside that cannot be read');
              return 'set-aside';
            },
            onProblem,
          });
          const upkeep = startUpkeep({
            service,
            subscriptions,
            database,
            publisher,
            consumer,
            askAgain,
            onProblem,
          });
          listening = { subscriptions, consumer, upkeep };
        },
        isConnected: () =>
          publisher.current() !== undefined && (!listening || listening.consumer.current() !== undefined),
        async setAside() {
          const { subscriptions = [], consumer = publisher } = listening ?? {};
          const model = consumer.current();
          if (!model) throw new Error('the broker is not connected');
          return onChannel(model, async (channel) => {
            const depthOf = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
            const places = subscriptions.map(({ queue }) => deadLettersOf(queue));
            const [unheard, ...depths] = await Promise.all([unrouted, ...places].map(depthOf));
            return {
              deadLetters: new Map(places.map((place, index) => [place, depths[index]!])),
              unrouted: unheard!,
            };
          });
        },
        async depthOf(queues) {
          const model = publisher.current();
          if (!model) throw new Error('the broker is not connected');
          return onChannel(model, async (channel) => {
            const inAll = async (names: readonly string[]) => {
              const checked = await Promise.all(names.map((name) => channel.checkQueue(name)));
              return checked.reduce((sum, { messageCount }) => sum + messageCount, 0);
            };
            const [waiting, setAside] = [await inAll(queues), await inAll(queues.map(deadLettersOf))];
            return { waiting, setAside };
          });
        },
        async drain(withinMs) {
          await Promise.all([listening?.upkeep.stop(withinMs), listening?.consumer.drain(withinMs)]);
        },
        async close() {
          await listening?.upkeep.stop(0);
          await Promise.all([listening?.consumer.close(), publisher.close()]);
        },
      };
    },
  };
}
