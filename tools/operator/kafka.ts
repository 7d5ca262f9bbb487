/** A topic of Kafka as an operator sees it: what its partitions hold, and what was published when. */
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import {
  clientOptions,
  firstRecord,
  nextRecord,
  offsetsAt,
} from '../../messaging/transports/kafka/client.ts';
import { explained } from '../../messaging/transports/kafka/complaints.ts';
import type { KafkaServer } from '../../messaging/transports/kafka/server.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import type { OpenedLog } from './logs.ts';

const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

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
  const offsets = (timestamp: bigint) => offsetsAt(admin, topic, partitions, timestamp);
  try {
    return await use({
      async extents() {
        const [begins, ends] = await Promise.all([offsets(firstRecord), offsets(nextRecord)]);
        return everyPartition.map((partition) => ({ first: begins[partition]!, end: ends[partition]! }));
      },
      async offsetsAt(time) {
        const found = await offsets(BigInt(time.getTime()));
        return found.map((offset) => (offset < 0 ? undefined : offset));
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
}
