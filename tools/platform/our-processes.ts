/** What our own processes are started with: exactly what each needs, and nothing of the user's shell that could confuse it. */
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { readConfig, type VariableName, variables } from '../../adapters/config.ts';
import { repository } from './folders.ts';
import { PlatformError } from './error.ts';
import type { Service } from './provision/passwords.ts';
import type { Addresses } from './parts.ts';
import type { Roster } from './roster.ts';
import type { ProcessSpec } from './process-spec.ts';
import { shieldFromShell } from './shield.ts';
import { supervise } from './supervisor.ts';

/** Our processes that a start starts, in the order they are reported; each runs the file of its name in `workers/`. */
export const ours = ['api', 'accounts', 'notifications', 'tracker'] as const;

/** Those that only run once somebody asks for them. */
export const onDemand = ['statistics', 'crowd'] as const;

export type OurProcess = (typeof ours)[number] | (typeof onDemand)[number];

/** A second instance of a process; nobody starts it again. */
export type AddedProcess = { url: string; pid: number; stop: () => Promise<void>; kill: () => Promise<void> };

/** What the environments are made of. */
export type Ingredients = {
  environment: NodeJS.ProcessEnv;
  addresses: Addresses;
  urls: { temporalUi: string | undefined; rabbitmqUi: string | undefined; mailbox: string | undefined };
  workflowBundle: string | undefined;
  pageFolder: string | undefined;
  publicUrl: string;
  /** With what accounts calls the steps of notifications, and where. */
  serviceToken: string;
  notificationsUrl: string;
  /** Where the crowd listens once it runs; missing where there can be none. */
  crowdUrl: string | undefined;
  /** The API as it is reached on this machine. */
  apiUrl: string;
  temporalEmbedded: boolean;
  kafkaEmbedded: boolean;
  /** Where the supervisor is asked. */
  controlSocket: string;
  extra: Record<string, string>;
};

/** What the processes are told of what the user has set. */
const passedOn = {
  all: ['LOG_LEVEL', 'RETRY_FIRST_MS', 'RETRY_LONGEST_MS', 'RETRY_ATTEMPTS'],
  api: ['HOST', 'OPERATOR_TOKEN', 'SYNCHRONOUS_PATIENCE_MS', 'BLOCKING_THREADS', 'BLOCKING_QUEUE'],
  accounts: [],
  notifications: ['MAIL_FROM', 'SMS_ACCOUNT_SID', 'SMS_AUTH_TOKEN', 'SMS_FROM'],
  tracker: [],
  statistics: [],
  crowd: [],
  kafka: ['KAFKA_TLS', 'KAFKA_TLS_CA_PATH', 'KAFKA_SASL_MECHANISM', 'KAFKA_USERNAME', 'KAFKA_PASSWORD'],
} as const satisfies Record<OurProcess | 'all' | 'kafka', readonly VariableName[]>;

/** The product's variables for each process, without `PORT`. */
export function environmentsOf(from: Ingredients): (name: OurProcess) => Record<string, string> {
  const { environment, addresses, urls } = from;
  // An attached cluster may ask for keys and certificates; ours must not see those meant for another.
  const temporalNames = Object.keys(environment).filter(
    (name) => name.startsWith('TEMPORAL_') && !['TEMPORAL_DOWNLOAD_URL', 'TEMPORAL_UI_URL'].includes(name),
  );
  const temporal = from.temporalEmbedded
    ? {}
    : Object.fromEntries(temporalNames.map((name) => [name, environment[name]]));
  // Ours asks for no login; one of the user's own may.
  const kafka = {
    ...(from.kafkaEmbedded ? {} : readConfig(passedOn.kafka, environment)),
    KAFKA_BROKERS: addresses.kafka,
    KAFKA_COMES_LATER: from.kafkaEmbedded ? 'true' : undefined,
  };
  const keyed = { VERIFICATION_KEY: addresses.verificationKey };
  const calling = { SERVICE_TOKEN: from.serviceToken, NOTIFICATIONS_URL: from.notificationsUrl };
  const only: Record<OurProcess, Partial<Record<VariableName, string | undefined>>> = {
    api: {
      ...keyed,
      ...calling,
      CLOCK_DATABASE_URL: addresses.database.clock,
      MAILBOX_URL: urls.mailbox,
      CROWD_URL: from.crowdUrl,
      TEMPORAL_UI_URL: urls.temporalUi,
      RABBITMQ_UI_URL: urls.rabbitmqUi,
      CONTROL_SOCKET: from.controlSocket,
      PAGE_FOLDER: from.pageFolder,
    },
    accounts: { ...keyed, ...calling, WORKFLOW_BUNDLE: from.workflowBundle },
    notifications: { SERVICE_TOKEN: from.serviceToken, SMTP_URL: addresses.smtp, SMS_URL: addresses.sms },
    tracker: {},
    statistics: {},
    crowd: { API_URL: from.apiUrl, MAILBOX_URL: urls.mailbox },
  };
  return (name) => {
    const all = {
      ...(name === 'crowd' ? {} : partsOf(name === 'api' ? 'accounts' : name)),
      ...readConfig([...passedOn.all, ...passedOn[name]], environment),
      ...only[name],
      ...from.extra,
    };
    const set = Object.entries(all).filter(([, value]) => value !== undefined && value !== '');
    return Object.fromEntries(set.map(([variable, value]) => [variable, String(value)]));
  };

  /** What a service of ours uses; customers see none of it. */
  function partsOf(service: Service) {
    return {
      ...temporal,
      DATABASE_URL: addresses.database[service],
      ...(service === 'tracker' ? {} : { AMQP_URL: addresses.amqp[service], ...kafka }),
      TEMPORAL_ADDRESS: addresses.temporal,
      TEMPORAL_NAMESPACE: addresses.temporalNamespace,
      PUBLIC_URL: from.publicUrl,
    };
  }
}

/** How a process of ours, the file of its name in `workers`, is run on that port. */
export function specOf(
  name: string,
  port: number,
  own: Record<string, string>,
  environment: NodeJS.ProcessEnv,
  workers = join(repository, 'workers'),
): ProcessSpec {
  const host = own['HOST'] ?? '127.0.0.1';
  const url = urlOf(host, port);
  return {
    name,
    command: process.execPath,
    arguments: [join(workers, `${name}.ts`)],
    environment: { ...withoutOurs(environment), ...own, PORT: String(port) },
    folder: repository,
    ports: { port },
    url,
    stopSignal: 'SIGTERM',
    probe: () => answersOk(`${url}/health/ready`),
    readyWithinMs: 60_000,
    alive: () => answersOk(`${url}/health/live`),
    output: 'shown',
  };
}

/** Where a process that listens there is asked: one that listens everywhere, by loopback. */
export function urlOf(host: string, port: number): string {
  const asked = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(asked) ? `[${asked}]` : asked}:${port}`;
}

/** Resolves with what it answers where it answers well, and rejects with it otherwise. */
export async function answersOk(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`it answered ${answer.status}: ${text.slice(0, 500)}`);
  return text;
}

/** Starts a second instance beside the supervised one. */
export async function addProcess(spec: ProcessSpec, roster: Roster): Promise<AddedProcess> {
  const { port } = spec.ports;
  const supervised = supervise({ ...spec, name: `${spec.name}-${port}`, once: true }, roster.surveillance);
  roster.beside(supervised);
  await supervised.start();
  const pid = supervised.pid();
  if (pid === undefined) throw new PlatformError(`${spec.name}-${port} ended as soon as it was ready.`);
  return {
    url: spec.url ?? urlOf('127.0.0.1', port),
    pid,
    stop: () => supervised.stop(Date.now() + 4_000),
    kill: () => supervised.kill(),
  };
}

/** The user's environment without what our processes, or the libraries in them, would read as meant for them. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const shielded = { ...environment };
  shieldFromShell(shielded);
  const confusing = /^(TEMPORAL_.*|OTEL_.*|NODE_V8_COVERAGE)$/;
  return Object.fromEntries(
    Object.entries(shielded).filter(([name]) => !(name in variables) && !confusing.test(name)),
  );
}
