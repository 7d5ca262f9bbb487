/**
 * The log on RabbitMQ: one stream per partition behind one exchange. It is shared by all services, so it belongs
 * to the platform, as the exchange of events does; a service only publishes to it and reads it. The same on
 * RabbitMQ 3.13 and 4. A stream's arguments cannot be changed later: a change needs a new name.
 */
import { randomUUID } from 'node:crypto';
import type { ChannelModel } from 'amqplib';
import { keptDays } from '../log/beginning.ts';
import { partitions } from '../log/log.ts';
import { isThere, onChannel } from '../rabbitmq/connection.ts';

/** The exchange of the log; the routing key is the number of a partition. */
export const logExchange = 'signup.log';

/** The stream of a partition. */
export const streamOf = (partition: number) => `${logExchange}.${partition}`;

/** The partition of a signup. Ids are hashes: their first digits are as good as any. */
export const partitionOf = (signupId: string) => Number.parseInt(signupId.slice(0, 8), 16) % partitions;

/** The numbers of the partitions. */
export const allPartitions = Array.from({ length: partitions }, (_, partition) => partition);

/** Whole segments are removed, so a segment is no longer than a day's work. */
const keptForAMonth = {
  'x-queue-type': 'stream',
  'x-max-age': `${keptDays}D`,
  'x-stream-max-segment-size-bytes': 50_000_000,
};

/** Whether the log is there. */
export function isLogThere(model: ChannelModel): Promise<boolean> {
  return isThere(
    onChannel(model, async (channel) => {
      await channel.checkExchange(logExchange);
      for (const partition of allPartitions) await channel.checkQueue(streamOf(partition));
    }),
  );
}

/** Makes the log, as far as it is missing. */
export async function makeLog(model: ChannelModel): Promise<void> {
  const missing: number[] = [];
  for (const partition of allPartitions) {
    const there = isThere(onChannel(model, (channel) => channel.checkQueue(streamOf(partition))));
    if (!(await there)) missing.push(partition);
  }
  await onChannel(model, async (channel) => {
    await channel.assertExchange(logExchange, 'direct', { durable: true });
    for (const partition of allPartitions) {
      const stream = streamOf(partition);
      await channel.assertQueue(stream, { durable: true, arguments: keptForAMonth });
      // Over AMQP a stream has no id: its first record gives it one. A batch of no events is passed by every reader.
      const firstRecord = { persistent: true, messageId: randomUUID() };
      if (missing.includes(partition)) channel.sendToQueue(stream, Buffer.from('[]'), firstRecord);
      await channel.bindQueue(stream, logExchange, String(partition));
    }
  });
}
