/** What carries the events of each style of the chain, as far as it is configured. */
import type { Config } from '../../adapters/config.ts';
import type { Database } from '../../adapters/postgres.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy, traits, type Carrier, type Part } from '../../domain/styles.ts';
import type { Instance } from '../../messaging/instance.ts';
import type { Transport } from '../../messaging/transport.ts';
import { kafka, kafkaLog } from '../../messaging/transports/kafka/kafka.ts';
import { configuredKafka } from '../../messaging/transports/kafka/server.ts';
import type { NamedLog } from '../../messaging/transports/log/log.ts';
import { rabbitmqQueue } from '../../messaging/transports/rabbitmq-queue/queue.ts';
import { rabbitmqStream, streamLog } from '../../messaging/transports/rabbitmq-stream/stream.ts';

/** The part that each carrier is. */
const parts: Record<Carrier, Part> = {
  'rabbitmq-queue': 'rabbitmq',
  'rabbitmq-stream': 'rabbitmq',
  kafka: 'kafka',
};

/** Why nothing carries the events of a style, and what to do about it. */
const missing: Partial<Record<Carrier, string>> = {
  kafka: 'There is no Kafka here. `npm run doctor` says what it takes; KAFKA_BROKERS names one to attach to.',
};

/** The part that carries the events of a style. */
export function carrierOf(style: Style): Part | undefined {
  const { carrier } = traits[style];
  return carrier && parts[carrier];
}

/** Why a style is not here, given the ways that are; undefined where it is. */
export function whyNotHere(style: Style, ways: ReadonlyMap<Style, Transport>): string | undefined {
  const { carrier } = traits[style];
  return carrier && !ways.has(style) ? missing[carrier] : undefined;
}

/** The transports of a service, by the style whose events they carry. One that is not configured is left out. */
export function waysOf(
  config: Config<'AMQP_URL'>,
  { database, instance: { id: instance } }: { database: Database; instance: Instance },
): ReadonlyMap<Style, Transport> {
  const url = config.AMQP_URL;
  const server = configuredKafka();
  const transports: Partial<Record<Carrier, Transport>> = {
    'rabbitmq-queue': rabbitmqQueue({ url, database }),
    'rabbitmq-stream': rabbitmqStream({ url, database, instance }),
    ...(server && { kafka: kafka({ server, database }) }),
  };
  const ways = new Map<Style, Transport>();
  for (const style of stylesPlayedBy('chain')) {
    const { carrier } = traits[style];
    const transport = carrier && transports[carrier];
    if (transport) ways.set(style, transport);
  }
  return ways;
}

/** The logs that carry the events of styles, for a process that reads them by itself. One that is not configured is left out. */
export function logsOf(
  config: Config<'AMQP_URL'>,
  { database, instance: { id: instance } }: { database: Database; instance: Instance },
): NamedLog[] {
  const server = configuredKafka();
  const logs: Partial<Record<Carrier, NamedLog>> = {
    'rabbitmq-stream': streamLog({ url: config.AMQP_URL, database, instance }),
    ...(server && { kafka: kafkaLog({ server }) }),
  };
  return stylesPlayedBy('chain').flatMap((style) => {
    const { carrier } = traits[style];
    return (carrier && logs[carrier]) ?? [];
  });
}
