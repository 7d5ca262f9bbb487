/**
 * The connection to RabbitMQ: one that comes back by itself, notices a silent peer within 10 s, publishes with confirms
 * and consumes with acknowledgements. After every reconnect the topology is declared and the consumers start again.
 */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import amqp, { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { corkEachTurn } from '../adapters/sockets.ts';
import type { Envelope } from '../domain/events.ts';
import { declareTopology, type Subscription } from './topology.ts';

/** What to do with a message of a queue: `keep` acknowledges it, `set-aside` makes it a dead letter. */
export type Receive = (queue: string, content: string) => Promise<'keep' | 'set-aside'>;

export type Broker = {
  /** Resolves once the broker has confirmed that it keeps the event; rejects when that is not known. */
  publish(exchange: string, envelope: Envelope): Promise<void>;
  /** The same for several in one message, under the type of the first. A lone one travels as itself. */
  publishBatch(exchange: string, envelopes: readonly Envelope[]): Promise<void>;
  isConnected(): boolean;
  /** How many messages are in each of these queues; rejects while the broker is away or a queue is missing. */
  depths(queues: readonly string[]): Promise<Map<string, number>>;
  /** Takes no further messages and finishes those in hand, at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
  close(): Promise<void>;
};

/** Messages in hand per queue: enough to keep a service busy, few enough to hold in memory while its database is away. */
const prefetch = 100;

/** How long a message that could be neither worked on nor postponed is kept before it is given back: it comes again at once. */
const giveBackAfterMs = 1000;

/** Connects, declares the service's queues and starts to consume. Resolves at once; reconnects for ever. */
export async function openBroker(options: {
  url: string;
  service: string;
  subscriptions: readonly Subscription[];
  receive: Receive;
  onProblem: (problem: string, error: Error) => void;
}): Promise<Broker> {
  const { service, subscriptions, receive, onProblem } = options;
  let publishing: ConfirmChannel | undefined;
  let connected: ChannelModel | undefined;
  let consumers: { channel: Channel; tag: string }[] = [];
  let draining = false;
  const inHand = new Set<Promise<void>>();

  const url = new URL(options.url);
  // amqplib gives a silent broker up after two to three times this many seconds: after less than 10.
  url.searchParams.set('heartbeat', '3');
  const connection = await amqp.connect(url.href, {
    // amqplib leaves Nagle's algorithm on, which costs 40 ms per round trip.
    noDelay: true,
    timeout: 5000,
    clientProperties: { connection_name: `duet ${service}` },
    recovery: { initialDelay: 200, maxDelay: 2000, waitForConnect: false, setup },
  });
  connection.on('error', () => {});
  connection.on('connect-failed', (error: Error) => onProblem('cannot connect to the broker', error));
  connection.on('disconnect', (error) => onProblem('lost the broker', error));

  const publish: Broker['publish'] = (exchange, envelope) =>
    send(exchange, envelope, { contentType: 'application/cloudevents+json', content: envelope });
  return {
    publish,
    publishBatch: (exchange, envelopes) =>
      envelopes.length === 1
        ? publish(exchange, envelopes[0]!)
        : send(exchange, envelopes[0]!, {
            contentType: 'application/cloudevents-batch+json',
            content: envelopes,
          }),
    isConnected: () => publishing !== undefined,
    async depths(queues) {
      // A channel of its own: asking for a queue that is missing closes the channel it is asked on.
      if (!connected) throw new Error('the broker is not connected');
      const channel = await connected.createChannel();
      channel.on('error', () => {});
      try {
        const answers = await Promise.all(queues.map((queue) => channel.checkQueue(queue)));
        return new Map(answers.map(({ queue, messageCount }) => [queue, messageCount]));
      } finally {
        await channel.close().catch(() => {});
      }
    },
    async drain(withinMs) {
      draining = true;
      await Promise.all(consumers.map(({ channel, tag }) => channel.cancel(tag).catch(() => {})));
      await Promise.race([Promise.all(inHand), delay(withinMs, undefined, { ref: false })]);
    },
    close: () => connection.close().catch(() => {}),
  };

  function send(
    exchange: string,
    { id: messageId, type }: Envelope,
    { contentType, content }: { contentType: string; content: unknown },
  ): Promise<void> {
    const channel = publishing;
    if (!channel) return Promise.reject(new Error('the broker is not connected'));
    return new Promise((resolve, reject) => {
      channel.publish(
        exchange,
        type,
        Buffer.from(JSON.stringify(content)),
        { persistent: true, messageId, type, contentType },
        (error: unknown) => (error ? reject(asError(error)) : resolve()),
      );
    });
  }

  async function setup(model: ChannelModel): Promise<void> {
    // Until `setup` has returned, nobody else listens for the errors of this connection.
    model.on('error', () => {});
    corkEachTurn(socketOf(model));
    const declaring = await open(model.createChannel());
    await declareTopology(declaring, service, subscriptions);
    const confirming = await open(model.createConfirmChannel());
    consumers = await Promise.all(subscriptions.map(({ queue }) => consume(model, queue)));
    publishing = confirming;
    connected = model;
    model.on('close', () => {
      if (connected === model) publishing = connected = undefined;
    });

    /** A channel that fails takes its connection along: coming back is then always the same path. */
    async function open<C extends Channel>(opening: Promise<C>): Promise<C> {
      const channel = await opening;
      channel.on('error', (error) => onProblem('a channel failed', error));
      channel.on('close', () => void model.close().catch(() => {}));
      return channel;
    }

    async function consume(onModel: ChannelModel, queue: string) {
      const channel = await open(onModel.createChannel());
      await channel.prefetch(prefetch);
      const { consumerTag } = await channel.consume(queue, (message) => {
        // The broker cancels a consumer whose queue is gone: declare it again.
        if (!message) return void channel.close().catch(() => {});
        const work = take(channel, queue, message);
        inHand.add(work);
        void work.finally(() => inHand.delete(work));
      });
      return { channel, tag: consumerTag };
    }
  }

  async function take(channel: Channel, queue: string, message: ConsumeMessage): Promise<void> {
    try {
      const verdict = await receive(queue, message.content.toString('utf8'));
      if (verdict === 'keep') channel.ack(message);
      else channel.reject(message, false);
    } catch (error) {
      // While we stop, it goes back with the connection.
      if (draining) return;
      onProblem(`a message of ${queue} goes back to the broker`, asError(error));
      await delay(giveBackAfterMs, undefined, { ref: false });
      try {
        // Counted by the broker: what fails whatever is done ends as a dead letter.
        channel.nack(message);
      } catch {
        // With a channel that is gone it went back by itself.
      }
    }
  }
}

/** Not in the library's types. */
function socketOf({ connection }: ChannelModel): Duplex {
  return (connection as typeof connection & { stream: Duplex }).stream;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
