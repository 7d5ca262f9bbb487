/** Logs as an operator sees them: what their partitions hold, and what was published when. */
import amqp from 'amqplib';
import type { Extent } from '../../messaging/transports/log/beginning.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import { extentOf, offsetAt } from '../../messaging/transports/rabbitmq-stream/extent.ts';
import { logExchange } from '../../messaging/transports/rabbitmq-stream/topology.ts';

/** A log that an operator has opened. */
export type OpenedLog = {
  /** By partition, what it holds; undefined where that cannot be said. */
  extents(): Promise<(Extent | undefined)[]>;
  /** By partition, the first record that is not older than that; undefined where there is none. */
  offsetsAt(time: Date): Promise<(number | undefined)[]>;
  /** Appends to a partition. */
  append(partition: number, content: string): Promise<void>;
};

const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

/** Opens the streams of the broker at `url`, for as long as `use` takes. */
export async function withStreams<T>(url: string, use: (log: OpenedLog) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(url, { noDelay: true, timeout: 5000 });
  connection.on('error', () => {});
  try {
    return await use({
      extents: () => Promise.all(everyPartition.map((partition) => extentOf(connection, partition))),
      offsetsAt: (time) =>
        Promise.all(everyPartition.map((partition) => offsetAt(connection, partition, time))),
      async append(partition, content) {
        const channel = await connection.createConfirmChannel();
        channel.publish(logExchange, String(partition), Buffer.from(content), { persistent: true });
        await channel.waitForConfirms();
        await channel.close();
      },
    });
  } finally {
    await connection.close().catch(() => {});
  }
}
