/** Publishes events to RabbitMQ with confirms, several of one key in one message. */
import type { ConfirmChannel } from 'amqplib';
import type { Envelope } from '../../../domain/envelope.ts';
import { keyOf } from '../../../domain/events.ts';
import type { OnProblem, Publish } from '../../transport.ts';
import { asError, openChannel, openConnection, type Connection } from '../rabbitmq/connection.ts';
import { eventExchange } from './topology.ts';

/** How many events a message holds at most: after an outage all are full. */
export const messageSize = 25;

export type Publisher = Connection & { publish: Publish };

/** Opens a connection to publish with. Resolves at once, reconnects for ever. */
export async function openPublisher(options: {
  url: string;
  service: string;
  onProblem: OnProblem;
}): Promise<Publisher> {
  const { url, service, onProblem } = options;
  let confirming: ConfirmChannel | undefined;
  const connection = await openConnection({
    url,
    name: `${service} publishing`,
    async setup(model) {
      confirming = await openChannel(model, model.createConfirmChannel(), onProblem);
    },
    onProblem,
  });

  return {
    ...connection,
    async publish(envelopes) {
      if (!connection.current() || !confirming) throw new Error('the broker is not connected');
      const channel = confirming;
      await Promise.all(inMessages(envelopes).map((message) => send(channel, message)));
    },
  };
}

/**
 * Events of one key that were told together share a message, whatever signups they are of. Under load that
 * spares the broker most of its work, and a listener commits them together.
 */
function inMessages(envelopes: readonly Envelope[]): Envelope[][] {
  const messages: Envelope[][] = [];
  const openOf = new Map<string, Envelope[]>();
  for (const envelope of envelopes) {
    const key = keyOf(envelope);
    let message = openOf.get(key);
    if (!message || message.length === messageSize) {
      message = [];
      messages.push(message);
      openOf.set(key, message);
    }
    message.push(envelope);
  }
  return messages;
}

/** Resolves once the broker has confirmed that it keeps the message. An event alone travels as itself. */
function send(channel: ConfirmChannel, envelopes: readonly Envelope[]): Promise<void> {
  const [first] = envelopes as [Envelope];
  const { id: messageId, type } = first;
  const isBatch = envelopes.length > 1;
  return new Promise((resolve, reject) => {
    channel.publish(
      eventExchange,
      keyOf(first),
      Buffer.from(JSON.stringify(isBatch ? envelopes : first)),
      {
        persistent: true,
        messageId,
        type,
        contentType: `application/cloudevents${isBatch ? '-batch' : ''}+json`,
      },
      (error: unknown) => (error ? reject(asError(error)) : resolve()),
    );
  });
}
