/** Publishes events to the log on RabbitMQ with confirms, each as a record of its own. */
import type { ConfirmChannel } from 'amqplib';
import type { Envelope } from '../../../domain/envelope.ts';
import type { OnProblem } from '../../transport.ts';
import { asError, openChannel, openConnection } from '../rabbitmq/connection.ts';
import { logExchange, partitionOf, streamOf } from './topology.ts';

/** Opens a connection to publish with. Resolves at once, reconnects for ever. */
export async function openStreamPublisher(options: { url: string; service: string; onProblem: OnProblem }) {
  const { url, service, onProblem } = options;
  let confirming: ConfirmChannel | undefined;
  // Ids of those that the broker gave back: the stream of their partition is missing.
  const returned = new Set<string>();
  const connection = await openConnection({
    url,
    name: `${service} publishing to the log`,
    async setup(model) {
      confirming = await openChannel(model, model.createConfirmChannel(), onProblem);
      confirming.on('return', ({ properties }) => returned.add(String(properties.messageId)));
    },
    onProblem,
  });
  return {
    current: connection.current,
    isConnected: () => connection.current() !== undefined,
    close: connection.close,
    async publish(envelopes: readonly Envelope[]): Promise<void> {
      if (!connection.current() || !confirming) throw new Error('the broker is not connected');
      const channel = confirming;
      await Promise.all(envelopes.map((envelope) => send(channel, envelope)));
    },
  };

  function send(channel: ConfirmChannel, envelope: Envelope): Promise<void> {
    const { id: messageId, type, subject } = envelope;
    const partition = partitionOf(subject);
    const contentType = 'application/cloudevents+json';
    return new Promise((resolve, reject) => {
      channel.publish(
        logExchange,
        String(partition),
        Buffer.from(JSON.stringify(envelope)),
        { persistent: true, mandatory: true, messageId, type, contentType },
        (error: unknown) => {
          if (error) reject(asError(error));
          else if (returned.delete(messageId))
            reject(new Error(`the stream ${streamOf(partition)} is missing`));
          else resolve();
        },
      );
    });
  }
}
