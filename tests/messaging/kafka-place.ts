/** A topic of Kafka where all may be broken. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { nextRecord, offsetsAt } from '../../messaging/transports/kafka/client.ts';
import { kafka } from '../../messaging/transports/kafka/kafka.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import { startKafkaProxy } from '../../tools/lab/proxy.ts';
import { ownServers } from '../own-servers.ts';
import { theStack } from '../stack.ts';
import { positionsOf, type TransportUnderTest } from './ways.ts';

export type OwnTopic = TransportUnderTest & { admin: Admin; topic: string; ends: () => Promise<number[]> };

/** A topic of its own, behind a proxy that can cut the way to it. */
export async function onOwnTopic(): Promise<OwnTopic> {
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
  const ends = () => offsetsAt(admin, topic, partitions, nextRecord);
  return {
    admin,
    topic,
    ends,
    of: (service) => kafka({ server, database: databases[service], topic }),
    async publishRaw(_, content) {
      await producer.send({ messages: [{ topic, key: randomUUID(), value: content }] });
    },
    ...positionsOf(databases, ends),
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
}
