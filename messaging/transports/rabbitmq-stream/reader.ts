/**
 * Reads streams of RabbitMQ. A record is acknowledged to have the next one sent, and stays where it is: how far a
 * service has come is not the broker's to know.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import { every } from '../../../adapters/waiting.ts';
import type { OnProblem } from '../../transport.ts';
import type { Extent, LookUp } from '../log/beginning.ts';
import type { Reader, Reading } from '../log/reader.ts';
import { asError, openConnection } from '../rabbitmq/connection.ts';
import { extentOf } from './extent.ts';
import { streamOf } from './topology.ts';
import type { Shares } from './reading-shares.ts';

/** How many records of a partition are on their way to this process at most. */
const prefetch = 100;

/** Few enough that the next records are sent while these are worked on. */
const acknowledgedTogether = 25;

/** How often it is looked whether partitions are free, or wanted by others. */
const shareEveryMs = 1000;

/** A database that does not answer is not waited for at the end: the lease ends by itself. */
const leaveWithinMs = 1000;

/** Opens a connection to read with, and starts to read what falls to this process. Resolves at once. */
export async function readStreams(options: {
  url: string;
  service: string;
  reader: Reader;
  shares: Shares;
  onProblem: OnProblem;
}) {
  const { url, service, reader, shares, onProblem } = options;
  const consuming = new Map<number, { channel: Channel; reading: Reading }>();
  const stopping = new AbortController();
  let problem: string | undefined = 'nothing is read yet';
  const connection = await openConnection({
    url,
    name: `${service} reading the log`,
    setup: async () => {},
    onProblem,
  });
  void every(shareEveryMs, shareOut, stopping.signal, { ref: false });

  return {
    isConnected: () => connection.current() !== undefined && problem === undefined,
    stop() {
      stopping.abort();
      for (const partition of consuming.keys()) void giveUp(partition);
    },
    async close() {
      stopping.abort();
      const leaving = shares.leave().catch(() => {});
      await Promise.race([leaving, delay(leaveWithinMs, undefined, { ref: false })]);
      await connection.close();
    },
  };

  async function shareOut(): Promise<void> {
    try {
      await takeShare();
      problem = undefined;
    } catch (error) {
      const { message } = asError(error);
      if (message !== problem && !stopping.signal.aborted) onProblem('the log is not read', asError(error));
      problem = message;
    }
  }

  async function takeShare(): Promise<void> {
    const model = connection.current();
    // Others may be connected.
    if (!model) return shares.leave();
    const { held, tooMany } = await shares.claim();
    for (const [partition, { reading }] of consuming) {
      if (reading.over.aborted || !(held.includes(partition) || tooMany.includes(partition))) {
        void giveUp(partition);
      }
    }
    for (const partition of tooMany) {
      await giveUp(partition);
      await shares.release(partition);
    }
    // Also those that could not be begun the last time.
    const gained = held.filter((partition) => !consuming.has(partition));
    if (gained.length === 0 || stopping.signal.aborted) return;
    for (const reading of await reader.begin(gained, extentsIn(model))) await consume(model, reading);
  }

  function extentsIn(model: ChannelModel): LookUp {
    return async (partitions) => {
      const extents = new Map<number, Extent>();
      for (const partition of partitions) {
        const extent = await extentOf(model, partition);
        if (extent) extents.set(partition, extent);
      }
      return extents;
    };
  }

  async function giveUp(partition: number): Promise<void> {
    const given = consuming.get(partition);
    consuming.delete(partition);
    await given?.channel.close().catch(() => {});
    // What is in hand when all stops is finished by the reader.
    if (!stopping.signal.aborted) await given?.reading.leave();
  }

  async function consume(model: ChannelModel, reading: Reading): Promise<void> {
    const { partition, from } = reading;
    const channel = await model.createChannel();
    consuming.set(partition, { channel, reading });
    channel.on('error', (error) => onProblem('a channel failed', error));
    channel.on('close', () => consuming.get(partition)?.channel === channel && void giveUp(partition));
    await channel.prefetch(prefetch);
    let last = Promise.resolve();
    let newest = -1;
    await channel.consume(
      streamOf(partition),
      (message) => {
        // The broker cancels a consumer whose stream is gone.
        if (!message) return void channel.close().catch(() => {});
        const offset = Number(message.properties.headers?.['x-stream-offset']);
        newest = offset;
        last = last
          .then(() => reading.take(offset, message.content.toString('utf8')))
          .then(() => {
            // One answer asks for all that may come in the place of those before it.
            if (offset === newest || offset % acknowledgedTogether === 0) channel.ack(message, true);
          })
          // The channel is gone.
          .catch(() => {});
      },
      { arguments: { 'x-stream-offset': from } },
    );
  }
}
