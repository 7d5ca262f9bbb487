/** A real Kafka, as a transport. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { kafka } from '../../messaging/transports/kafka.ts';
import { partitions } from '../../messaging/transports/log.ts';
import { startKafkaProxy } from '../../tools/lab/proxy.ts';
import { ownServers } from '../own-servers.ts';
import { theStack } from '../stack.ts';
import { itIsATransport } from './transport.ts';
import type { TransportUnderTest } from './ways.ts';

describe('A topic of Kafka', () => {
  itIsATransport(onOwnTopic);
});

/** A topic of its own, behind a proxy that can cut the way to it. */
async function onOwnTopic(): Promise<TransportUnderTest> {
  const { databases, databaseUrls, remove } = await ownServers();
  const broker = theStack().addresses.kafka;
  assert.ok(broker, 'a stack has a Kafka');
  const topic = `place.${randomUUID().slice(0, 8)}`;
  const proxy = await startKafkaProxy(() => broker);
  const server = { brokers: [`127.0.0.1:${proxy.port}`] };
  const client = { clientId: 'test', bootstrapBrokers: [broker] };
  const admin = new Admin(client);
  const producer = new Producer<string, string, string, string>({
    ...client,
    serializers: stringSerializers,
  });
  return {
    of: (service) => kafka({ server, database: databases[service], topic }),
    async publishRaw(_, content) {
      await producer.send({ messages: [{ topic, key: randomUUID(), value: content }] });
    },
    async waiting() {
      const { rows } = await databases.notifications.query<{ passed: number }>(
        'select coalesce(sum(next), 0)::float8 as passed from positions',
      );
      const published = (await ends()).reduce((sum, end) => sum + end, 0);
      return published - rows[0]!.passed;
    },
    async pass() {
      const all = await ends();
      for (const database of Object.values(databases)) {
        await database.query('update positions set next = ($1::bigint[])[partition + 1], turn = turn + 1', [
          all,
        ]);
      }
    },
    cut: proxy.reset,
    mend: proxy.heal,
    connections: proxy.present,
    holding: {
      program: fileURLToPath(new URL('fixtures/holds-kafka.ts', import.meta.url)),
      environment: { KAFKA_BROKERS: broker, TOPIC: topic, DATABASE_URL: databaseUrls.notifications },
    },
    async remove() {
      await Promise.all([producer.close(), proxy.close()]);
      await admin.deleteTopics({ topics: [topic] });
      await admin.close();
      await remove();
    },
  };

  /** The number that the next record of each partition will have. */
  async function ends(): Promise<number[]> {
    const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1n,
    }));
    const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions: wanted }] });
    return listed!.partitions
      .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
      .map(({ offset }) => Number(offset));
  }
}
