/** A topic of Kafka as an operator sees it: what its partitions hold, and what was published when. */
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { clientOptions } from '../../messaging/transports/kafka/client.ts';
import { explained } from '../../messaging/transports/kafka/complaints.ts';
import type { KafkaServer } from '../../messaging/transports/kafka/server.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import type { OpenedLog } from './logs.ts';

const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

/** What Kafka takes for the first record, and for the one that comes next, instead of a time. */
const first = -2n;
const next = -1n;

/** Opens a topic, for as long as `use` takes. */
export async function withTopic<T>(
  server: KafkaServer,
  topic: string,
  use: (log: OpenedLog) => Promise<T>,
): Promise<T> {
  const client = clientOptions(server, 'duet-operator');
  const admin = new Admin(client);
  const producer = new Producer<string, string, string, string>({
    ...client,
    acks: -1,
    serializers: stringSerializers,
  });
  try {
    return await use({
      async extents() {
        const [begins, ends] = await Promise.all([offsetsAt(first), offsetsAt(next)]);
        return everyPartition.map((partition) => ({ first: begins[partition]!, end: ends[partition]! }));
      },
      async offsetsAt(time) {
        const offsets = await offsetsAt(BigInt(time.getTime()));
        return offsets.map((offset) => (offset < 0 ? undefined : offset));
      },
      async append(partition, content) {
        await producer.send({ messages: [{ topic, partition, value: content }] });
      },
    });
  } catch (error) {
    throw error instanceof AggregateError ? explained(error, server.brokers) : error;
  } finally {
    await Promise.all([admin.close(), producer.close()].map((closing) => closing.catch(() => {})));
  }

  async function offsetsAt(timestamp: bigint): Promise<number[]> {
    const wanted = everyPartition.map((partitionIndex) => ({ partitionIndex, timestamp }));
    const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions: wanted }] });
    return listed!.partitions
      .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
      .map(({ offset }) => Number(offset));
  }
}
