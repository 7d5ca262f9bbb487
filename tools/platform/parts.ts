/** The parts together: started side by side, then provisioned, and what comes out of it as addresses. */
import { readConfig } from '../../adapters/config.ts';
import { careForBroker, type BrokerInCare, type SubscriptionsByService } from './broker-care.ts';
import { type KafkaAddress, prepareKafka } from './kafka.ts';
import { type MailboxAddress, startMailbox } from './mailbox.ts';
import type { StartSurroundings } from './part.ts';
import { type PostgresAddress, startPostgres } from './postgres.ts';
import {
  type BrokerService,
  type DatabaseRole,
  perBrokerService,
  perDatabaseRole,
} from './provision/passwords.ts';
import { provisionPostgres } from './provision/postgres.ts';
import { provisionTemporal } from './provision/temporal.ts';
import { startRabbit } from './rabbitmq.ts';
import type { RabbitAddress } from './rabbitmq-node.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

/** Addresses of the parts, for the administrator, for each service that needs them, and for the tool that moves clocks. */
export type Addresses = {
  readonly databaseAdmin: string;
  readonly amqpAdmin: string;
  readonly amqpManagement?: string;
  readonly temporal: string;
  readonly temporalNamespace: string;
  readonly smtp: string;
  readonly sms: string;
  /** Missing where there is no Kafka. */
  readonly kafka?: string;
  readonly database: Record<DatabaseRole, string>;
  readonly amqp: Record<BrokerService, string>;
  /** Signs the verification links of this database's signups. */
  readonly verificationKey: string;
};

/** The parts that were wanted, running. */
export type Parts = {
  postgres: PostgresAddress | undefined;
  rabbitmq: RabbitAddress | undefined;
  kafka: KafkaAddress | undefined;
  temporal: TemporalServer | undefined;
  mailbox: MailboxAddress | undefined;
};

/** Starts the wanted parts side by side, but for Kafka, which only says where it will be. */
export async function startParts(
  wanted: ReadonlySet<string>,
  surroundings: StartSurroundings,
): Promise<Parts> {
  const only = <T>(name: string, start: (from: StartSurroundings) => Promise<T>) =>
    wanted.has(name) ? start(surroundings) : undefined;
  const [postgres, rabbitmq, kafka, temporal, mailbox] = await Promise.all([
    only('postgres', startPostgres),
    only('rabbitmq', startRabbit),
    only('kafka', prepareKafka),
    only('temporal', startTemporal),
    only('mailbox', startMailbox),
  ]);
  return { postgres, rabbitmq, kafka, temporal, mailbox };
}

/**
 * Makes roles, users, the topology of those services and the search attribute where missing; what was not wanted gets an empty
 * address. `broker` is looked after until its `stop`; undefined where none is wanted.
 */
export async function provisionParts(
  { postgres, rabbitmq, kafka, temporal, mailbox }: Parts,
  listening: SubscriptionsByService,
  { environment, say }: StartSurroundings,
): Promise<{ addresses: Addresses; broker: BrokerInCare | undefined }> {
  const { VERIFICATION_KEY: givenKey } = readConfig(['VERIFICATION_KEY'], environment);
  const provisioned =
    postgres === undefined ? undefined : await provisionPostgres(postgres.url, postgres.embedded, givenKey);
  const installation = provisioned?.installation;
  const [broker] = await Promise.all([
    rabbitmq === undefined || installation === undefined
      ? undefined
      : careForBroker(rabbitmq, installation, listening, say),
    temporal === undefined ? undefined : provisionTemporal(temporal, installation, environment, say),
  ]);
  const addresses = {
    databaseAdmin: postgres?.url ?? '',
    amqpAdmin: rabbitmq?.url ?? '',
    ...(rabbitmq?.managementUrl === undefined ? {} : { amqpManagement: rabbitmq.managementUrl }),
    temporal: temporal?.address ?? '',
    temporalNamespace: temporal?.namespace ?? 'default',
    smtp: mailbox?.smtpUrl ?? '',
    sms: mailbox?.smsUrl ?? '',
    ...(kafka === undefined ? {} : { kafka: kafka.brokers }),
    database: provisioned?.database ?? perDatabaseRole(() => ''),
    amqp: broker?.addresses ?? perBrokerService(() => ''),
    verificationKey: provisioned?.verificationKey ?? '',
  };
  return { addresses, broker };
}
