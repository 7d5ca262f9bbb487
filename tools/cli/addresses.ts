/** Where broker and database are, for who operates them: as told, else those of the running stack. */
import { readConfig } from '../../adapters/config.ts';
import { configuredKafka, type KafkaServer } from '../../messaging/transports/kafka/server.ts';
import type { BrokerAddress } from '../operator/dead-letters.ts';
import { homeFolder } from '../platform/folders.ts';
import { noneRuns, runningBroker, runningDatabase, runningKafka } from '../platform/running.ts';
import { Failure } from './program.ts';

/** The administrator's addresses of the broker. */
export function brokerAddress(): BrokerAddress {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = readConfig([
    'AMQP_URL',
    'AMQP_MANAGEMENT_URL',
  ]);
  if (url !== undefined && managementUrl !== undefined) return { url, managementUrl };
  if (url !== undefined) {
    throw new Failure('AMQP_MANAGEMENT_URL is not set: only the management API says which queues there are.');
  }
  const home = homeFolder(process.env);
  const running = runningBroker(home);
  if (running) return running;
  const elsewhere = 'AMQP_URL and AMQP_MANAGEMENT_URL name a broker elsewhere';
  throw new Failure(noneRuns(home, { what: 'stack with a broker of its own', elsewhere }));
}

/** Where Kafka is. */
export function kafkaServer(): KafkaServer {
  const home = homeFolder(process.env);
  const server = configuredKafka() ?? runningKafka(home);
  if (server) return server;
  const elsewhere = 'KAFKA_BROKERS names a Kafka elsewhere';
  throw new Failure(noneRuns(home, { what: 'stack with a Kafka of its own', elsewhere }));
}

/** The administrator's address of the database. */
export function databaseUrl(): string {
  const url = knownDatabaseUrl();
  if (url !== undefined) return url;
  const home = homeFolder(process.env);
  const elsewhere = 'DATABASE_URL names a database elsewhere';
  throw new Failure(noneRuns(home, { what: 'stack with a database of its own', elsewhere }));
}

/** The same, where there is one. */
export function knownDatabaseUrl(): string | undefined {
  return readConfig(['DATABASE_URL']).DATABASE_URL ?? runningDatabase(homeFolder(process.env));
}
