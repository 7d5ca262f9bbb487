/** Streams of RabbitMQ where all may be broken. */
import { fileURLToPath } from 'node:url';
import { enterInstance } from '../../messaging/instance.ts';
import { endOf } from '../../messaging/transports/rabbitmq-stream/extent.ts';
import { logExchange, makeLog } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { rabbitmqStream } from '../../messaging/transports/rabbitmq-stream/stream.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import { hostOf, startProxy, throughProxy } from '../../tools/lab/proxy.ts';
import { until } from '../../adapters/waiting.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';
import { positionsOf, type TransportUnderTest } from './ways.ts';

/** A virtual host of its own, behind a proxy that can cut the way to it. */
export async function onOwnServers(): Promise<TransportUnderTest> {
  return onServers(await ownServers());
}

/** The same on servers that are there. */
export async function onServers(servers: OwnServers): Promise<TransportUnderTest> {
  const { amqpUrl, databases, databaseUrls, onBroker, publishRaw, remove } = servers;
  // As the platform does; a service alone waits for that.
  await onBroker((_, connection) => makeLog(connection));
  const proxy = await startProxy(() => hostOf(amqpUrl));
  const url = throughProxy(amqpUrl, proxy);
  return {
    of: (service) => {
      const database = databases[service];
      return {
        features: rabbitmqStream({ url, database, instance: '' }).features,
        async open(options) {
          const instance = await enterInstance(database);
          const way = await rabbitmqStream({ url, database, instance: instance.id }).open(options);
          return { ...way, close: () => way.close().then(instance.leave) };
        },
      };
    },
    publishRaw: (_, content) => publishRaw(logExchange, '0', content),
    ...positionsOf(databases, ends),
    cut: proxy.reset,
    mend: proxy.heal,
    connections: proxy.present,
    holding: {
      program: fileURLToPath(new URL('fixtures/holds-rabbitmq-stream.ts', import.meta.url)),
      environment: { AMQP_URL: amqpUrl, DATABASE_URL: databaseUrls.notifications },
    },
    async remove() {
      await proxy.close();
      await remove();
    },
  };

  /** The number that the next record of each partition will have. */
  function ends(): Promise<number[]> {
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    // A busy broker sends too late for a look.
    return until('the end of every partition', () =>
      onBroker((_, connection) => Promise.all(all.map((partition) => endOf(connection, partition)))),
    );
  }
}
