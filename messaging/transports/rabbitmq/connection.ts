/**
 * A connection to RabbitMQ that comes back by itself, and notices a silent peer within 10 s. A process has
 * one to publish and one to consume: a broker that is short of memory or disk stops reading from connections
 * that publish, and acknowledgements must go on.
 */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { corkEachTurn } from '../../../adapters/sockets.ts';
import type { OnProblem } from '../../transport.ts';

export type Connection = {
  /** The connection as it is now; undefined while the broker is away, or takes nothing that is published. */
  current(): ChannelModel | undefined;
  close(): Promise<void>;
};

/** A connection whose broker does not answer is not waited for. */
const closeWithinMs = 1000;

/** Connects under that name, and again for ever; `setup` runs each time, first. Resolves at once. */
export async function openConnection(options: {
  url: string;
  name: string;
  setup: (model: ChannelModel) => Promise<void>;
  onProblem: OnProblem;
}): Promise<Connection> {
  const { name, setup, onProblem } = options;
  let current: ChannelModel | undefined;
  const url = new URL(options.url);
  // amqplib gives a silent broker up after two to three times this many seconds: after less than 10.
  url.searchParams.set('heartbeat', '3');
  const connection = await amqp.connect(url.href, {
    // amqplib leaves Nagle's algorithm on, which costs 40 ms per round trip.
    noDelay: true,
    timeout: 5000,
    clientProperties: { connection_name: `duet ${name}` },
    recovery: { initialDelay: 200, maxDelay: 2000, waitForConnect: false, setup: prepare },
  });
  connection.on('error', () => {});
  connection.on('connect-failed', (error: Error) => onProblem('cannot connect to the broker', error));
  connection.on('disconnect', (error) => onProblem('lost the broker', error));

  return {
    current: () => current,
    async close() {
      const closing = connection.close().catch(() => {});
      await Promise.race([closing, delay(closeWithinMs, undefined, { ref: false })]);
    },
  };

  async function prepare(model: ChannelModel): Promise<void> {
    // Until `setup` has returned, nothing else listens for the errors of this connection.
    model.on('error', () => {});
    corkEachTurn(socketOf(model));
    await setup(model);
    current = model;
    const gone = () => {
      if (current === model) current = undefined;
    };
    model.on('close', gone);
    model.on('blocked', (reason) => {
      gone();
      onProblem('the broker takes nothing', new Error(reason));
    });
    model.on('unblocked', () => (current = model));
  }
}

/** Runs `use` on a channel of its own, which is all that closes when something fails there. */
export async function onChannel<T>(model: ChannelModel, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await model.createChannel();
  channel.on('error', () => {});
  try {
    return await use(channel);
  } finally {
    await channel.close().catch(() => {});
  }
}

/** Opens a channel that takes its connection along when it fails: coming back is always the same path. */
export async function openChannel<C extends Channel>(
  model: ChannelModel,
  opening: Promise<C>,
  onProblem: OnProblem,
): Promise<C> {
  const channel = await opening;
  channel.on('error', (error) => onProblem('a channel failed', error));
  channel.on('close', () => void model.close().catch(() => {}));
  return channel;
}

/** What a library rejects or calls back with, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Whether all that was looked for is there. */
export async function isThere(look: Promise<unknown>): Promise<boolean> {
  try {
    await look;
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return false;
    throw error;
  }
}

/** Not in the library's types. */
function socketOf({ connection }: ChannelModel): Duplex {
  return (connection as typeof connection & { stream: Duplex }).stream;
}
