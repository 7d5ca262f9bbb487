/** Queues of a real RabbitMQ, as a transport and in what is their own. */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { rabbitmqQueue } from '../../messaging/transports/rabbitmq-queue/queue.ts';
import {
  deadLettersOf,
  eventExchange,
  makeShared,
} from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { hostOf, startProxy, throughProxy } from '../../tools/lab/proxy.ts';
import { ownServers } from '../own-servers.ts';
import { until } from '../../adapters/waiting.ts';
import { itIsATransport } from './transport.ts';
import { activated, queueOf, waysOf, type TransportUnderTest } from './ways.ts';

describe('Queues of RabbitMQ', () => {
  itIsATransport(onOwnServers);

  it('set a message aside as a whole of which one event cannot be read, and bring the others', async () => {
    const place = await onOwnServers();
    const ways = waysOf(place);
    try {
      const queue = queueOf('notifications');
      const { way, all } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const readable = activated();
      const batch = [{ ...activated(), dataversion: 1000 }, readable];
      await place.publishRaw('account.activated', JSON.stringify(batch));
      await until('the message to be set aside', async () => {
        const { deadLetters } = await way.setAside();
        return deadLetters.get(deadLettersOf(queue)) === 1;
      });
      assert.deepEqual(all(queue), [readable.id]);
    } finally {
      await ways.close();
      await place.remove();
    }
  }).timeout(60_000);
});

/** A virtual host of its own, behind a proxy that can cut the way to it. */
async function onOwnServers(): Promise<TransportUnderTest> {
  const { amqpUrl, databases, databaseUrls, onBroker, publishRaw, remove } = await ownServers();
  // As the platform does; a service alone waits for that.
  await onBroker((_, connection) => makeShared(connection));
  const proxy = await startProxy(() => hostOf(amqpUrl));
  return {
    of: (service) => rabbitmqQueue({ url: throughProxy(amqpUrl, proxy), database: databases[service] }),
    publishRaw: (key, content) => publishRaw(eventExchange, key, content),
    waiting: (queue) => onBroker(async (channel) => (await channel.checkQueue(queue)).messageCount),
    cut: proxy.reset,
    mend: proxy.heal,
    connections: proxy.present,
    holding: {
      program: fileURLToPath(new URL('fixtures/holds-rabbitmq-queue.ts', import.meta.url)),
      environment: { AMQP_URL: amqpUrl, DATABASE_URL: databaseUrls.notifications },
    },
    async remove() {
      await proxy.close();
      await remove();
    },
  };
}
