/** What is done to messages of the broker behind the back of services: told twice, and such that none can read. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import { traits } from '../../domain/styles.ts';
import { eventTopic } from '../../messaging/transports/kafka/kafka.ts';
import { eventExchange } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { streamOf } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { withTopic } from '../operator/kafka.ts';
import { stylesIn } from './customers.ts';
import type { Stage } from './stage.ts';

/** Tells every event once more, a moment after it was told. Returns what ends it. */
export async function repeatEvents({ lab }: Stage): Promise<() => Promise<void>> {
  const connection = await amqp.connect(lab.stack.addresses.amqpAdmin);
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
  await channel.bindQueue(queue, eventExchange, '#');
  const repeating = new Set<Promise<void>>();
  const { consumerTag } = await channel.consume(
    queue,
    (message) => {
      if (!message || message.properties.headers?.['x-repeated']) return;
      const { properties, fields, content } = message;
      const repeat = delay(200).then(() => {
        const headers = { 'x-repeated': true };
        channel.publish(eventExchange, fields.routingKey, content, { ...properties, headers });
        repeating.delete(repeat);
      });
      repeating.add(repeat);
    },
    { noAck: true },
  );
  return async () => {
    await channel.cancel(consumerTag);
    await Promise.all(repeating);
    await channel.waitForConfirms();
    await connection.close();
  };
}

/** Puts two messages that no service can read where welcome mails wait, or into the log, of each carrier that is played. */
export async function poisonQueues(stage: Stage): Promise<void> {
  const connection = await amqp.connect(stage.lab.stack.addresses.amqpAdmin);
  const channel = await connection.createConfirmChannel();
  const unknownVersion = { specversion: '9.0', id: randomUUID(), type: 'account.opened', data: {} };
  const poison = ['{"half":', JSON.stringify(unknownVersion)];
  const carriers = new Set(stylesIn(stage.customers).map((style) => traits[style].carrier));
  const isOnStream = carriers.has('rabbitmq-stream');
  const places = ['notifications.send-welcome-email', ...(isOnStream ? [streamOf(0)] : [])];
  for (const content of poison) {
    for (const place of places) channel.sendToQueue(place, Buffer.from(content), { persistent: true });
  }
  await channel.waitForConfirms();
  await connection.close();
  if (!carriers.has('kafka')) return;
  await withTopic({ brokers: [stage.lab.stack.addresses.kafka!] }, eventTopic, async ({ append }) => {
    for (const content of poison) await append(0, content);
  });
}
