/** What a stream of RabbitMQ holds, found out by a short look into it: over AMQP there is nothing to ask for it. */
import type { ChannelModel } from 'amqplib';
import type { Extent } from '../log/reader.ts';
import { onChannel } from '../rabbitmq/connection.ts';
import { streamOf } from './topology.ts';

/** More records than a chunk of a stream has, which is what a look at its end begins with. */
const wholeChunk = 50_000;

/** The numbers of the first and the next record of a partition. */
export async function extentOf(model: ChannelModel, partition: number): Promise<Extent> {
  const [first] = await offsetsFrom(model, partition, 'first', 1);
  const last = (await offsetsFrom(model, partition, 'last', wholeChunk)).at(-1);
  return first === undefined || last === undefined ? { first: 0, end: 0 } : { first, end: last + 1 };
}

/** The number of the first record of a partition that is not older than that, or slightly before it. */
export async function offsetAt(
  model: ChannelModel,
  partition: number,
  time: Date,
): Promise<number | undefined> {
  // Not a `Date`: RabbitMQ closes the connection over it.
  const seconds = { '!': 'timestamp', value: Math.floor(time.getTime() / 1000) };
  return (await offsetsFrom(model, partition, seconds, 1))[0];
}

/** The numbers of the first records from there on; none at the end of the stream. */
function offsetsFrom(
  model: ChannelModel,
  partition: number,
  from: unknown,
  atMost: number,
): Promise<number[]> {
  return onChannel(model, async (channel) => {
    const offsets: number[] = [];
    await channel.prefetch(atMost);
    await channel.consume(
      streamOf(partition),
      (message) => void offsets.push(Number(message?.properties.headers?.['x-stream-offset'])),
      { arguments: { 'x-stream-offset': from } },
    );
    // What there is comes before the answer to a question that is asked on the same channel.
    await channel.checkQueue(streamOf(partition));
    return offsets;
  });
}
