/** What tests put on the broker and find there: events as a service tells them, and what lies in queues. */
import { randomUUID } from 'node:crypto';
import amqp, { type ChannelModel, type ConfirmChannel } from 'amqplib';
import { envelop, type Envelope } from '../domain/envelope.ts';
import { keyOf, type Fact } from '../domain/events.ts';
import { eventExchange } from '../messaging/transports/rabbitmq-queue/topology.ts';
import { databaseOf } from './inside.ts';
import { until } from '../adapters/waiting.ts';
import { theStack } from './stack.ts';

type Service = 'accounts' | 'notifications';

/** A connection to the broker as a service, for as long as `use` runs. Rejects where it is lost meanwhile. */
export async function withBroker<T>(
  service: Service,
  use: (connection: ChannelModel) => Promise<T>,
): Promise<T> {
  const connection = await amqp.connect(theStack().addresses.amqp[service]);
  const lost = new Promise<never>((_, reject) => {
    connection.on('error', (error) =>
      reject(new Error('the connection to the broker was lost', { cause: error })),
    );
  });
  lost.catch(() => {});
  try {
    return await Promise.race([use(connection), lost]);
  } finally {
    await connection.close().catch(() => {});
  }
}

/** A fact about a signup, in an envelope of its own. */
export function aboutSignup(signupId: string, fact: Fact): Envelope {
  const time = new Date().toISOString();
  return envelop(fact, { source: '/test', style: 'choreography', signupId, time, causationId: randomUUID() });
}

/** Publishes to the exchange of events, confirmed. */
export async function publishAll(contents: readonly { type: string; id: string }[]): Promise<void> {
  await withBroker('accounts', async (connection) => {
    const channel = await connection.createConfirmChannel();
    for (const content of contents) {
      const options = { persistent: true, messageId: content.id, type: content.type };
      channel.publish(
        eventExchange,
        keyOf(content as unknown as Fact),
        Buffer.from(JSON.stringify(content)),
        options,
      );
    }
    await channel.waitForConfirms();
  });
}

/** Publishes one event and waits until the service that owns `queue` has done with it. */
export async function publish(envelope: Envelope, queue: string): Promise<void> {
  await publishAll([envelope]);
  const [service] = queue.split('.') as [Service];
  await until(`${queue} to have taken ${envelope.type}`, async () => {
    const { rows } = await databaseOf(service).query<{ state: string }>(
      'select state from deliveries where queue = $1 and message_id = $2',
      [queue, envelope.id],
    );
    return rows[0]?.state === 'done';
  });
}

/** The number of messages that wait in a queue. */
export function depthOf(service: Service, queue: string): Promise<number> {
  return withBroker(service, async (connection) => {
    const channel = await connection.createChannel();
    return (await channel.checkQueue(queue)).messageCount;
  });
}

/** A channel of the broker's administrator, for as long as `use` runs: for what no service may do. */
export async function asBrokerAdmin<T>(use: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(theStack().addresses.amqpAdmin, { noDelay: true });
  try {
    return await use(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}
