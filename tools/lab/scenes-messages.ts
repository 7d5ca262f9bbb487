/** What is done to messages of the broker behind the back of services: told twice, and such that none can read. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import { traits } from '../../domain/styles.ts';
import { eventExchange } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { stylesIn } from './customers.ts';
import { pour } from './poison.ts';
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
  const unknownVersion = { specversion: '9.0', id: randomUUID(), type: 'account.opened', data: {} };
  const carriers = new Set(stylesIn(stage.customers).map((style) => traits[style].carrier));
  await pour(stage.lab.stack.addresses, carriers, ['{"half":', JSON.stringify(unknownVersion)]);
}
