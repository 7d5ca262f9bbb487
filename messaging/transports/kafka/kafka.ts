/**
 * Events over a topic of Kafka that all services share, read by a group per service. Kafka may come later than a
 * process, go away and come back: nothing waits for it but what it carries.
 */
import { Admin } from '@platformatic/kafka';
import type { Database } from '../../../adapters/postgres.ts';
import type { Transport } from '../../transport.ts';
import { clientOptions, closed, nextRecord, offsetsAt } from './client.ts';
import type { KafkaServer } from './server.ts';
import { explained } from './complaints.ts';
import { openKafkaPublisher } from './publisher.ts';
import { startKafkaReader, type KafkaReader } from './reader.ts';
import { overLog, partitions, type NamedLog } from '../log/log.ts';

/** The topic of all events. */
export const eventTopic = 'signup.events';

type Options = { server: KafkaServer; topic?: string };

/** A topic of a Kafka as a transport. How far a service has read is kept in its own `database`. */
export function kafka(options: Options & { database: Database }): Transport {
  return { ...overLog({ database: options.database, ...kafkaLog(options) }), isOptional: true };
}

/** The log that such a topic is. */
export function kafkaLog({ server, topic = eventTopic }: Options): NamedLog {
  return {
    name: 'kafka',
    async open({ service, onProblem }) {
      const client = clientOptions(server, `duet-${service}`);
      const group = `${topic}.${service}`;
      const told = (problem: string, error: Error) => onProblem(problem, explained(error, server.brokers));
      const { comesLater = false } = server;
      const publisher = openKafkaPublisher({ client, topic, partitions, comesLater, onProblem: told });
      let reading: KafkaReader | undefined;
      let asking: Admin | undefined;
      return {
        publish: publisher.publish,
        read(reader) {
          const { isConnected: isThere } = publisher;
          reading = startKafkaReader({ client, topic, group, reader, isThere, onProblem: told });
        },
        ends() {
          asking ??= new Admin(client);
          return offsetsAt(asking, topic, partitions, nextRecord);
        },
        isConnected: () => publisher.isConnected() && (!reading || reading.isReading()),
        async stopReading() {
          reading?.stop();
        },
        async close() {
          await Promise.all([reading?.close(), publisher.close(), asking && closed(asking.close())]);
        },
      };
    },
  };
}
