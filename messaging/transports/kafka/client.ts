/** What all clients of Kafka here have in common: how it is reached, how long they wait, and how a topic is made. */
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin, type BaseOptions } from '@platformatic/kafka';
import { keptDays } from '../log/beginning.ts';
import { hostOf, type KafkaServer } from './server.ts';

const retentionMs = keptDays * 24 * 60 * 60 * 1000;

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
    // Several brokers may be behind one address, and are told apart by the name they are asked for; an IP address is none.
    ...(tls && { tls, tlsServerName: !brokers.some((broker) => isIP(hostOf(broker))) }),
    ...(sasl && { sasl }),
  } satisfies BaseOptions;
}
export type ClientOptions = ReturnType<typeof clientOptions>;

/** Makes a topic where it is not there, and rejects where one of its partitions cannot be reached. */
export async function makeTopic(client: ClientOptions, topic: string, partitions: number): Promise<void> {
  const admin = new Admin(client);
  try {
    const there = await admin.listTopics();
    if (!there.includes(topic)) await createTopic();
    await offsetsAt(admin, topic, partitions, nextRecord);
  } finally {
    await closed(admin.close());
  }

  async function createTopic(): Promise<void> {
    const { brokers } = await admin.metadata({});
    const replicas = Math.min(replicasAtMost, brokers.size);
    const settings = { 'retention.ms': retentionMs, 'min.insync.replicas': Math.max(1, replicas - 1) };
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));
    await admin.createTopics({ topics: [topic], partitions, replicas, configs });
  }
}

/** What Kafka takes for the first record of a partition, and for the one that comes next, instead of a time. */
export const firstRecord = -2n;
export const nextRecord = -1n;

/**
 * By partition, the number of the first record that is not older than that; below 0 where there is none. What leads a partition is
 * asked itself: any broker tells where it is, whether or not there is a way from here.
 */
export async function offsetsAt(
  admin: Admin,
  topic: string,
  partitions: number,
  timestamp: bigint,
): Promise<number[]> {
  const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions: wanted }] });
  return listed!.partitions
    .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
    .map(({ offset }) => Number(offset));
}

/** Resolves once a client is closed, or has had the time for it. */
export async function closed(closing: Promise<void>): Promise<void> {
  await Promise.race([closing.catch(() => {}), delay(closeWithinMs, undefined, { ref: false })]);
}
