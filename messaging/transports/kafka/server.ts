/** The Kafka that the environment names: where it is, and what it asks for. Read without its client, which takes a while to load. */
import { readFileSync } from 'node:fs';
import type { BaseOptions } from '@platformatic/kafka';
import { readConfig } from '../../../adapters/config.ts';

/** Where Kafka is, and what it asks for before it answers. */
export type KafkaServer = {
  brokers: string[];
  tls?: KafkaTls | undefined;
  sasl?: BaseOptions['sasl'] | undefined;
  /** Whether it is started after those that use it, and may first have to be fetched. */
  comesLater?: boolean | undefined;
};

/** `ca` is the authority that its certificates are from, where that is none of those that Node.js knows. */
export type KafkaTls = { ca?: string };

/** The Kafka that the environment names, if any. */
export function configuredKafka(): KafkaServer | undefined {
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_USERNAME: username,
    KAFKA_PASSWORD: password,
    KAFKA_COMES_LATER: comesLater,
  } = readConfig([
    'KAFKA_BROKERS',
    'KAFKA_SASL_MECHANISM',
    'KAFKA_USERNAME',
    'KAFKA_PASSWORD',
    'KAFKA_COMES_LATER',
  ]);
  if (brokers === undefined) return undefined;
  return {
    brokers: brokers.split(','),
    tls: configuredTls(),
    comesLater,
    sasl: mechanism && { mechanism, ...(username && { username }), ...(password && { password }) },
  };
}

/** Whether, and how, that Kafka is spoken to in secret. */
export function configuredTls(environment = process.env): KafkaTls | undefined {
  const { KAFKA_TLS: isEncrypted, KAFKA_TLS_CA_PATH: path } = readConfig(
    ['KAFKA_TLS', 'KAFKA_TLS_CA_PATH'],
    environment,
  );
  if (!isEncrypted) return undefined;
  return path === undefined ? {} : { ca: readFileSync(path, 'utf8') };
}

/** The host of `host:port`. */
export const hostOf = (broker: string) => broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
