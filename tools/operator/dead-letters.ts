/**
 * What the broker has set aside: messages that no service could read, and events that nobody subscribes to. They can be
 * looked at, sent on their way again, or dropped; none is lost on the way: a message is acknowledged here only once the
 * broker has confirmed its copy.
 */
import amqp, { type Channel, type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import { readEnvelopes } from '../../domain/envelope.ts';
import { withoutLinks } from '../../domain/tokens.ts';
import { managementApi, virtualHostOf } from './management.ts';
import {
  deadLettersOf,
  eventExchange,
  unrouted,
} from '../../messaging/transports/rabbitmq-queue/topology.ts';

/** Where the broker is: addresses of an administrator. */
export type BrokerAddress = { url: string; managementUrl: string };

/** A queue of what was set aside. `oldest`: when its first message was. */
export type SetAsideQueue = { queue: string; messages: number; oldest: string | null };

/** A message that was set aside, as it is shown: without the verification link, and its body cut off where it is long. */
export type DeadLetter = {
  queue: string;
  /** Why it is here. */
  reason: string;
  type: string | null;
  signupId: string | null;
  /** When it was set aside, or for an event that nobody subscribes to, when it happened. */
  at: string | null;
  bytes: number;
  body: string;
};

/** What became of the messages that were there at the start: how many went `to`, and how many stay. */
export type Redriven = { queue: string; to: string; redriven: number; left: number };

/** The names of the queues that hold what was set aside, in order. */
export async function asideQueues({ url, managementUrl }: BrokerAddress): Promise<string[]> {
  const listed = await managementApi(managementUrl, url)('GET', `queues/${virtualHostOf(url)}?columns=name`);
  return (listed as { name: string }[])
    .map(({ name }) => name)
    .filter((name) => name === unrouted || name.endsWith(dead))
    .toSorted();
}

const dead = deadLettersOf('');

/** Connects as an operator, for as long as `use` takes. What is in hand when it ends goes back to its queue. */
export async function withBroker<T>(url: string, use: (broker: SetAsideMessages) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(url, {
    // One message after the other: with Nagle's algorithm each would cost 80 ms.
    noDelay: true,
    timeout: 5000,
    clientProperties: { connection_name: 'duet dead letters' },
  });
  connection.on('error', () => {});
  try {
    return await use(setAsideOn(connection));
  } finally {
    await connection.close().catch(() => {});
  }
}

/** What an operator does with what was set aside. All of it is bounded by the number of messages at the start. */
export type SetAsideMessages = {
  count(queue: string): Promise<number>;
  /** The first messages, which stay where they are. */
  peek(queue: string, limit: number): Promise<DeadLetter[]>;
  /** Sends each message to where it came from. A message that dies again meanwhile is not sent again. */
  redrive(queue: string, signal: AbortSignal): Promise<Redriven>;
  /** Removes the messages that are there now, or those of them whose text is meant, and says how many. */
  drop(queue: string, signal: AbortSignal, isMeant?: (text: string) => boolean): Promise<number>;
};

/** Where the messages of such a queue came from. */
export function originOf(queue: string): string {
  if (queue === unrouted) return `the exchange ${eventExchange}`;
  return queue.endsWith(dead) ? queue.slice(0, -dead.length) : `the log ${queue.split('.')[1]}`;
}

function setAsideOn(connection: ChannelModel): SetAsideMessages {
  return {
    count: (queue) => onChannel(async (channel) => (await channel.checkQueue(queue)).messageCount),
    peek: (queue, limit) =>
      onChannel(async (channel) => {
        const found: DeadLetter[] = [];
        for await (const message of messagesOf(channel, queue, limit)) found.push(shown(queue, message));
        return found;
      }),
    async redrive(queue, signal) {
      const publishing = await connection.createConfirmChannel();
      publishing.on('error', () => {});
      const { taken, left } = await take(queue, signal, (each) => isRepublished(publishing, queue, each));
      return { queue, to: originOf(queue), redriven: taken, left };
    },
    async drop(queue, signal, isMeant = () => true) {
      const isDoneWith = async ({ content }: GetMessage) => isMeant(content.toString('utf8'));
      return (await take(queue, signal, isDoneWith)).taken;
    },
  };

  /** Takes the messages that are there now off their queue, but for those that are still needed there. */
  function take(queue: string, signal: AbortSignal, isDoneWith: (message: GetMessage) => Promise<boolean>) {
    return onChannel(async (channel) => {
      const { messageCount } = await channel.checkQueue(queue);
      let taken = 0;
      for await (const message of messagesOf(channel, queue, messageCount)) {
        if (signal.aborted) break;
        if (!(await isDoneWith(message))) continue;
        channel.ack(message);
        taken += 1;
      }
      return { taken, left: messageCount - taken };
    });
  }

  /** A channel that is closed at the end: the broker has then taken every acknowledgement, and what has none is back. */
  async function onChannel<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    try {
      return await use(channel);
    } finally {
      await channel.close().catch(() => {});
    }
  }
}

async function* messagesOf(channel: Channel, queue: string, atMost: number): AsyncGenerator<GetMessage> {
  for (let taken = 0; taken < atMost; taken += 1) {
    const message = await channel.get(queue);
    if (!message) return;
    yield message;
  }
}

/** Whether the broker keeps a copy where the message came from; not where that is gone, or takes no more. */
function isRepublished(channel: ConfirmChannel, queue: string, message: GetMessage): Promise<boolean> {
  const { content, fields, properties } = message;
  const [exchange, routingKey] =
    queue === unrouted ? [eventExchange, fields.routingKey] : ['', queue.slice(0, -dead.length)];
  return new Promise((resolve) => {
    let isReturned = false;
    const returned = () => (isReturned = true);
    channel.once('return', returned);
    channel.publish(
      exchange,
      routingKey,
      content,
      // What the broker has noted of its first life would count in its second.
      { ...properties, headers: withoutNotes(properties.headers), persistent: true, mandatory: true },
      (error: unknown) => {
        channel.off('return', returned);
        resolve(!error && !isReturned);
      },
    );
  });
}

function withoutNotes(headers: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-')));
}

/** How much of a body is shown. */
const shownLength = 300;

function shown(queue: string, { content, fields, properties }: GetMessage): DeadLetter {
  const text = content.toString('utf8');
  const letter = letterOf(queue, text);
  const [death] = (properties.headers?.['x-death'] ?? []) as Death[];
  return {
    ...letter,
    reason: queue === unrouted ? `nobody subscribes to ${fields.routingKey}` : reasonOf(death, text),
    type: letter.type ?? properties.type ?? (queue === unrouted ? fields.routingKey : null),
    at: death?.time ? new Date(death.time.value * 1000).toISOString() : letter.at,
  };
}

/** A message as far as its text tells of it, without the link in it. */
export function letterOf(queue: string, text: string): Omit<DeadLetter, 'reason'> {
  const { type = null, subject: signupId = null, time: at = null } = attributesOf(text);
  const body = withoutLinks(text);
  return {
    queue,
    type,
    signupId,
    at,
    bytes: Buffer.byteLength(text),
    body: body.length > shownLength ? `${body.slice(0, shownLength)}…` : body,
  };
}

/** The broker's note of how a message died. */
type Death = { reason: string; time?: { value: number } };

function reasonOf(death: Death | undefined, text: string): string {
  if (death?.reason === 'delivery_limit') return 'it was handed out too often without an answer';
  const [error] = readEnvelopes(text).unreadable;
  return error ? error.message.replaceAll(/\s+/g, ' ') : 'it could not be read then, and can be now';
}

/** What a message says of itself, as far as it can be read. */
function attributesOf(text: string): Partial<Record<'type' | 'subject' | 'time', string>> {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([, value]) => typeof value === 'string'));
  } catch {
    return {};
  }
}
