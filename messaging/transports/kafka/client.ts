/** What all clients of Kafka here have in common: how it is reached, how long they wait, and how a topic is made. */
import { setTimeout as delay } from 'node:timers/promises';
import { Admin, type BaseOptions } from '@platformatic/kafka';
import { readConfig } from '../../../adapters/config.ts';

/** Where Kafka is, and what it asks for before it answers. */
export type KafkaServer = {
  brokers: string[];
  tls?: BaseOptions['tls'] | undefined;
  sasl?: BaseOptions['sasl'] | undefined;
};

/** The Kafka that the environment names, if any. */
export function configuredKafka(): KafkaServer | undefined {
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_TLS: isEncrypted,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_USERNAME: username,
    KAFKA_PASSWORD: password,
  } = readConfig(['KAFKA_BROKERS', 'KAFKA_TLS', 'KAFKA_SASL_MECHANISM', 'KAFKA_USERNAME', 'KAFKA_PASSWORD']);
  if (brokers === undefined) return undefined;
  return {
    brokers: brokers.split(','),
    tls: isEncrypted ? {} : undefined,
    sasl: mechanism && { mechanism, ...(username && { username }), ...(password && { password }) },
  };
}

/** As long as the outboxes and the histories of workflows. */
const retentionMs = 30 * 24 * 60 * 60 * 1000;

/** How many brokers keep an event, where there are so many. */
const replicasAtMost = 3;

/** A client whose broker does not answer is not waited for. */
const closeWithinMs = 1000;

/** The options of every client. Nothing is repeated by the client itself: what fails is replaced. */
export function clientOptions({ brokers, tls, sasl }: KafkaServer, clientId: string) {
  return {
    clientId,
    bootstrapBrokers: brokers,
    connectTimeout: 2000,
    requestTimeout: 5000,
    retries: 0,
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  } satisfies BaseOptions;
}
export type ClientOptions = ReturnType<typeof clientOptions>;

/** Makes a topic where it is not there. */
export async function makeTopic(client: ClientOptions, topic: string, partitions: number): Promise<void> {
  const admin = new Admin(client);
  try {
    const there = await admin.listTopics();
    if (there.includes(topic)) return;
    const { brokers } = await admin.metadata({});
    const replicas = Math.min(replicasAtMost, brokers.size);
    const settings = { 'retention.ms': retentionMs, 'min.insync.replicas': Math.max(1, replicas - 1) };
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));
    await admin.createTopics({ topics: [topic], partitions, replicas, configs });
  } finally {
    await closed(admin.close());
  }
}

/** Resolves once a client is closed, or has had the time for it. */
export async function closed(closing: Promise<void>): Promise<void> {
  await Promise.race([closing.catch(() => {}), delay(closeWithinMs, undefined, { ref: false })]);
}
