/** Consumes the queues of a service, and makes those that are missing after every reconnect. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { pause } from '../../../adapters/waiting.ts';
import type { OnProblem, Subscription } from '../../transport.ts';
import { asError, openChannel, openConnection, type Connection } from '../rabbitmq/connection.ts';
import { eventExchange, isSharedThere, makeOwn, makeShared } from './topology.ts';

/** Messages in hand per queue: enough to be busy, few enough to keep while the database is away. */
export const prefetch = 100;

/** A platform that is there makes what is shared again well within this time. */
const aloneAfterMs = 10_000;

/** A message is given back after 1 s, then 2, 4 and so on: each time counts towards the delivery limit. */
const giveBackAfterMs = { first: 1000, most: 60_000 };

/** What to do with a message of a queue: `keep` acknowledges it, `set-aside` makes it a dead letter. */
export type Take = (queue: string, content: string) => Promise<'keep' | 'set-aside'>;

export type Consumer = Connection & {
  /** Makes what is missing of the service's own; waits, by rejecting, for what is shared. */
  mend(): Promise<void>;
  /** Takes no further messages and finishes those in hand, at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
};

/** Opens a connection to consume with, and starts. Resolves at once, reconnects for ever. */
export async function openConsumer(options: {
  url: string;
  service: string;
  subscriptions: readonly Subscription[];
  take: Take;
  onProblem: OnProblem;
}): Promise<Consumer> {
  const { url, service, subscriptions, take, onProblem } = options;
  let consuming: { channel: Channel; tag: string }[] = [];
  let sharedMissingSince: number | undefined;
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  const connection = await openConnection({
    url,
    name: `${service} consuming`,
    async setup(model) {
      await make(model);
      consuming = await Promise.all(subscriptions.map(({ queue }) => consume(model, queue)));
    },
    onProblem,
  });

  return {
    current: connection.current,
    async mend() {
      const model = connection.current();
      if (!model) throw new Error('the broker is not connected');
      await make(model);
    },
    async drain(withinMs) {
      stopping.abort();
      await Promise.race([finish(), delay(withinMs, undefined, { ref: false })]);
    },
    async close() {
      stopping.abort();
      await connection.close();
    },
  };

  /**
   * Makes what is the service's own. What is shared is the platform's to make: it is waited for, unless there
   * is no platform, as where processes were started by hand.
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

  async function finish(): Promise<void> {
    await Promise.all(consuming.map(({ channel, tag }) => channel.cancel(tag).catch(() => {})));
    await Promise.all(inHand);
    // A connection's close overtakes what was just written to its channels. An answer on each says that its
    // acknowledgements are taken.
    await Promise.all(consuming.map(({ channel }) => channel.prefetch(prefetch).catch(() => {})));
  }

  async function consume(model: ChannelModel, queue: string) {
    const channel = await openChannel(model, model.createChannel(), onProblem);
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(queue, (message) => {
      // The broker cancels a consumer whose queue is gone: make it again.
      if (!message) return void channel.close().catch(() => {});
      const work = answer(channel, queue, message);
      inHand.add(work);
      void work.finally(() => inHand.delete(work));
    });
    return { channel, tag: consumerTag };
  }

  /** Every message ends in an answer; one whose channel is gone is with the broker again by itself. */
  async function answer(channel: Channel, queue: string, message: ConsumeMessage): Promise<void> {
    try {
      const verdict = await take(queue, message.content.toString('utf8'));
      if (verdict === 'keep') channel.ack(message);
      else channel.reject(message, false);
    } catch (error) {
      if (!stopping.signal.aborted) onProblem(`a message of ${queue} is given back`, asError(error));
      await pause(pauseBeforeGivingBackMs(message), stopping.signal);
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
