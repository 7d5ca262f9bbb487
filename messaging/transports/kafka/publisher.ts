/** Publishes events to Kafka: one record each, in the partition of their signup. */
import { compatibilityPartitioner, Producer, stringSerializers } from '@platformatic/kafka';
import { inBatches } from '../../../adapters/batches.ts';
import { pause } from '../../../adapters/waiting.ts';
import type { Envelope } from '../../../domain/envelope.ts';
import type { OnProblem, Publish } from '../../transport.ts';
import { closed, makeTopic, type ClientOptions } from './client.ts';

export type KafkaPublisher = {
  publish: Publish;
  isConnected(): boolean;
  close(): Promise<void>;
};

type Sender = Producer<string, string, string, string>;

const firstPauseMs = 200;
const longestPauseMs = 2000;

/** For some 5 s a Kafka may be out of reach without a word. */
const triesUntold = 5;

/** For some 5 minutes where it is still being fetched and started: who starts it says how that goes. */
const triesUntoldAtStart = 150;

/** How many requests to publish go together at most. */
const companyAtMost = 200;

/** Connects, and again for ever, and sees to it that the topic is there. Returns at once. */
export function openKafkaPublisher(options: {
  client: ClientOptions;
  topic: string;
  partitions: number;
  /** Whether it is started after this process. */
  comesLater: boolean;
  onProblem: OnProblem;
}): KafkaPublisher {
  const { client, topic, partitions, onProblem } = options;
  let { comesLater } = options;
  const stopping = new AbortController();
  let current: Sender | undefined;
  let connecting = connect();
  // One request at a time, so that the events of a signup are kept in the order in which they were told. That the
  // producer is idempotent would add nothing: it would know again what this client repeats, which is the relay's to do.
  const send = inBatches(sendTogether, { atMost: companyAtMost, companyMs: 0 });

  return {
    async publish(envelopes) {
      await send(envelopes);
    },
    isConnected: () => current !== undefined,
    async close() {
      stopping.abort();
      await connecting;
      const last = current;
      current = undefined;
      if (last) await closed(last.close());
    },
  };

  async function sendTogether(all: readonly (readonly Envelope[])[]): Promise<readonly void[]> {
    const sender = current;
    if (!sender) throw new Error('Kafka is not connected');
    try {
      await sender.send({ messages: all.flat().map(recordOf) });
    } catch (error) {
      replace(sender, error as Error);
      throw error;
    }
    return all.map(() => undefined);
  }

  async function connect(): Promise<void> {
    for (let tries = 1; !stopping.signal.aborted; tries++) {
      const sender: Sender = new Producer({
        ...client,
        acks: -1,
        partitioner: compatibilityPartitioner,
        serializers: stringSerializers,
      });
      try {
        await makeTopic(client, topic, partitions);
        await sender.metadata({ topics: [topic] });
        sender.on('client:broker:disconnect', () => replace(sender, new Error('the connection was closed')));
        current = sender;
        comesLater = false;
        return;
      } catch (error) {
        // Kafka may come minutes after this process, and is no part that everything needs: said once, not each time.
        if (tries === (comesLater ? triesUntoldAtStart : triesUntold))
          onProblem('cannot connect to Kafka', error as Error);
        await closed(sender.close());
        await pause(Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs), stopping.signal);
      }
    }
  }

  /** What is known to a sender that failed, such as who leads a partition, may be wrong from then on. */
  function replace(sender: Sender, error: Error): void {
    if (sender !== current) return;
    current = undefined;
    void closed(sender.close());
    if (stopping.signal.aborted) return;
    onProblem('lost Kafka', error);
    connecting = connect();
  }

  function recordOf(envelope: Envelope) {
    return {
      topic,
      key: envelope.subject,
      value: JSON.stringify(envelope),
      headers: { 'content-type': 'application/cloudevents+json' },
    };
  }
}
