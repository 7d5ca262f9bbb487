/**
 * The broker, as a process of a service has it: publishes with confirms on one connection and consumes with acknowledgements on
 * another. After every reconnect the service's own part of the topology is made and the consumers start again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { keyOf, type Envelope } from '../../domain/events.ts';
import { onChannel, openConnection, type Connection, type OnProblem } from './rabbitmq-connection.ts';
import { eventExchange, isSharedThere, makeOwn, makeShared, type Subscription } from './rabbitmq-topology.ts';

/** What to do with a message of a queue: `keep` acknowledges it, `set-aside` makes it a dead letter. */
export type Receive = (queue: string, content: string) => Promise<'keep' | 'set-aside'>;

export type Broker = {
  /** Resolves once the broker has confirmed that it keeps the event; rejects when that is not known. */
  publish(exchange: string, envelope: Envelope): Promise<void>;
  /** The same for several in one message, under the key of the first. A lone one travels as itself. */
  publishBatch(exchange: string, envelopes: readonly Envelope[]): Promise<void>;
  isConnected(): boolean;
  /** The connections as they are now; undefined while one of them is away, or the broker takes nothing. */
  connections(): { publishing: ChannelModel; consuming: ChannelModel } | undefined;
  /** Makes what is missing of the service's own; waits, by rejecting, for what is shared. */
  mend(): Promise<void>;
  /** How many messages are in each of these queues; rejects while the broker is away or a queue is missing. */
  depths(queues: readonly string[]): Promise<Map<string, number>>;
  /** Takes no further messages and finishes those in hand, at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
  close(): Promise<void>;
};

/** Messages in hand per queue: enough to keep a service busy, few enough to hold in memory while its database is away. */
const prefetch = 100;

/** A platform that is there makes what is shared again well within this time. */
const aloneAfterMs = 10_000;

/** A message that cannot be taken is given back after 1 s, then 2, 4, and so on: each time counts towards the delivery limit. */
const giveBackAfterMs = { first: 1000, most: 60_000 };

/** Connects, makes the service's queues and starts to consume. Resolves at once; reconnects for ever. */
export async function openBroker(options: {
  url: string;
  service: string;
  subscriptions: readonly Subscription[];
  receive: Receive;
  onProblem: OnProblem;
}): Promise<Broker> {
  const { url, service, subscriptions, receive, onProblem } = options;
  let confirming: ConfirmChannel | undefined;
  let consumers: { channel: Channel; tag: string }[] = [];
  let sharedMissingSince: number | undefined;
  const draining = new AbortController();
  const inHand = new Set<Promise<void>>();

  const publishing = await openConnection({
    ...{ url, name: `${service} publishing`, onProblem },
    async setup(model) {
      confirming = await open(model, model.createConfirmChannel());
    },
  });
  // A process that only tells, such as the api, has no use for a second one.
  const consuming: Connection =
    subscriptions.length === 0
      ? publishing
      : await openConnection({
          ...{ url, name: `${service} consuming`, onProblem },
          async setup(model) {
            await make(model);
            consumers = await Promise.all(subscriptions.map(({ queue }) => consume(model, queue)));
          },
        });

  const connected = (connection: Connection) => {
    const model = connection.current();
    if (!model) throw new Error('the broker is not connected');
    return model;
  };
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
    isConnected: () => publishing.current() !== undefined && consuming.current() !== undefined,
    connections() {
      const models = { publishing: publishing.current(), consuming: consuming.current() };
      const { publishing: one, consuming: other } = models;
      return one && other ? { publishing: one, consuming: other } : undefined;
    },
    mend: async () => make(connected(consuming)),
    async depths(queues) {
      const look = async (channel: Channel) => Promise.all(queues.map((queue) => channel.checkQueue(queue)));
      const answers = await onChannel(connected(consuming), look);
      return new Map(answers.map(({ queue, messageCount }) => [queue, messageCount]));
    },
    async drain(withinMs) {
      draining.abort();
      await Promise.all(consumers.map(({ channel, tag }) => channel.cancel(tag).catch(() => {})));
      await Promise.race([Promise.all(inHand), delay(withinMs, undefined, { ref: false })]);
    },
    async close() {
      await Promise.all([...new Set([publishing, consuming])].map((connection) => connection.close()));
    },
  };

  async function send(
    exchange: string,
    envelope: Envelope,
    { contentType, content }: { contentType: string; content: unknown },
  ): Promise<void> {
    connected(publishing);
    const { id: messageId, type } = envelope;
    return new Promise((resolve, reject) => {
      confirming!.publish(
        exchange,
        keyOf(envelope),
        Buffer.from(JSON.stringify(content)),
        { persistent: true, messageId, type, contentType },
        (error: unknown) => (error ? reject(asError(error)) : resolve()),
      );
    });
  }

  /**
   * Makes what is the service's own. What is shared is the platform's to make: it is waited for, unless nobody looks after it, as
   * where processes were started by hand.
   */
  async function make(model: ChannelModel): Promise<void> {
    if (await isSharedThere(model)) {
      sharedMissingSince = undefined;
    } else {
      sharedMissingSince ??= Date.now();
      if (Date.now() - sharedMissingSince < aloneAfterMs) {
        throw new Error(`the exchange ${eventExchange} is not there yet`);
      }
      await makeShared(model);
    }
    await makeOwn(model, service, subscriptions);
  }

  /** A channel that fails takes its connection along: coming back is then always the same path. */
  async function open<C extends Channel>(model: ChannelModel, opening: Promise<C>): Promise<C> {
    const channel = await opening;
    channel.on('error', (error) => onProblem('a channel failed', error));
    channel.on('close', () => void model.close().catch(() => {}));
    return channel;
  }

  async function consume(model: ChannelModel, queue: string) {
    const channel = await open(model, model.createChannel());
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(queue, (message) => {
      // The broker cancels a consumer whose queue is gone: make it again.
      if (!message) return void channel.close().catch(() => {});
      const work = take(channel, queue, message);
      inHand.add(work);
      void work.finally(() => inHand.delete(work));
    });
    return { channel, tag: consumerTag };
  }

  /** Every message taken ends in an answer, whatever fails; one whose channel is gone is with the broker again by itself. */
  async function take(channel: Channel, queue: string, message: ConsumeMessage): Promise<void> {
    try {
      const verdict = await receive(queue, message.content.toString('utf8'));
      if (verdict === 'keep') channel.ack(message);
      else channel.reject(message, false);
    } catch (error) {
      if (!draining.signal.aborted) onProblem(`a message of ${queue} is given back`, asError(error));
      await delay(pauseBeforeGivingBackMs(message), undefined, { signal: draining.signal }).catch(() => {});
      try {
        channel.nack(message, false, true);
      } catch {
        // The channel is gone.
      }
    }
  }
}

function pauseBeforeGivingBackMs({ properties }: ConsumeMessage): number {
  const given = Number(properties.headers?.['x-delivery-count'] ?? 0);
  return Math.min(giveBackAfterMs.first * 2 ** given, giveBackAfterMs.most);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
