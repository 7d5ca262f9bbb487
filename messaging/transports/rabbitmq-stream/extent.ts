/** What a stream of RabbitMQ holds, found out by a short look into it: over AMQP there is nothing to ask for it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { Extent } from '../log/beginning.ts';
import { onChannel } from '../rabbitmq/connection.ts';
import { streamOf } from './topology.ts';

/** More records than a chunk of a stream has, which is what a look at its end begins with. */
const wholeChunk = 50_000;

/** A broker that is just removing what is too old sends a few milliseconds late. */
const lateByMs = 500;

type StreamRecord = { offset: number; messageId: string | undefined };

/**
 * What a partition holds; undefined where nothing is found in it, which does not tell where it begins: of its records it may
 * have none left. Its very first record, as long as it is kept, tells one incarnation of the stream from another.
 */
export async function extentOf(model: ChannelModel, partition: number): Promise<Extent | undefined> {
  const [first] = await recordsFrom(model, partition, 'first', 1);
  const last = (await recordsFrom(model, partition, 'last', wholeChunk)).at(-1);
  if (first === undefined || last === undefined) return undefined;
  const incarnation = first.offset === 0 ? first.messageId : undefined;
  return { first: first.offset, end: last.offset + 1, incarnation };
}

/** The number of the record that comes next in a partition. Rejects where nothing is found in it. */
export async function endOf(model: ChannelModel, partition: number): Promise<number> {
  const last = (await recordsFrom(model, partition, 'last', wholeChunk)).at(-1);
  if (last === undefined) throw new Error(`nothing is found in ${streamOf(partition)}`);
  return last.offset + 1;
}

/** The number of the first record of a partition that is not older than that, or slightly before it. */
export async function offsetAt(
  model: ChannelModel,
  partition: number,
  time: Date,
): Promise<number | undefined> {
  // Not a `Date`: RabbitMQ closes the connection over it.
  const seconds = { '!': 'timestamp', value: Math.floor(time.getTime() / 1000) };
  return (await recordsFrom(model, partition, seconds, 1))[0]?.offset;
}

/** The first records from there on; none at the end of the stream. */
function recordsFrom(
  model: ChannelModel,
  partition: number,
  from: unknown,
  atMost: number,
): Promise<StreamRecord[]> {
  return onChannel(model, async (channel) => {
    const records: StreamRecord[] = [];
    let cameOne = () => {};
    const one = new Promise<void>((resolve) => (cameOne = resolve));
    await channel.prefetch(atMost);
    await channel.consume(
      streamOf(partition),
      (message) => {
        // The broker cancels a consumer whose stream is gone.
        if (!message) return;
        const { headers, messageId } = message.properties;
        records.push({
          offset: Number(headers?.['x-stream-offset']),
          messageId: messageId as string | undefined,
        });
        cameOne();
      },
      { arguments: { 'x-stream-offset': from } },
    );
    // What there is comes before the answer to a question that is asked on the same channel, as a rule.
    await channel.checkQueue(streamOf(partition));
    if (records.length === 0) await Promise.race([one, delay(lateByMs, undefined, { ref: false })]);
    return records;
  });
}
