/**
 * Every environment variable the product knows, and its only reader. The same names serve the supervisor (what to attach to)
 * and our processes (what they were given): the supervisor hands each process its own `DATABASE_URL` and `AMQP_URL`.
 * `.env.example` is generated from this file by `npm run generate`.
 */
import type { z } from 'zod';
import { retryPolicy } from '../domain/process.ts';
import {
  amqpUrl,
  boolean,
  brokers,
  byDefault,
  count,
  file,
  httpUrl,
  key,
  logLevel,
  matching,
  optional,
  port,
  postgresUrl,
  saslMechanism,
  sender,
  smtpUrl,
  text,
} from './forms.ts';

/** Every variable: its form, and what it is for. */
export const variables = {
  PORT: optional(port, 'Port of the API; 8080 or the next free one when unset'),
  HOST: byDefault('127.0.0.1', text('an address'), 'Address the API listens on; 127.0.0.1 when unset'),
  PUBLIC_URL: optional(
    httpUrl(),
    'Where the API is reached from outside: verification links start with it, and no other name is taken',
  ),
  DUET_HOME: optional(text('a folder'), 'State of the stack; `.duet` when unset'),
  XDG_CACHE_HOME: optional(
    text('a folder'),
    'Parent of the folder for downloads and builds; `~/.cache` when unset',
  ),
  DATABASE_URL: optional(
    postgresUrl,
    'Postgres to attach to, with a superuser, or an owner of the database with CREATEROLE; what it leaves out is taken from PGHOST, PGPASSWORD and the like',
  ),
  CLOCK_DATABASE_URL: optional(
    postgresUrl,
    'The same database, by the role that moves the clocks of signups (set by the supervisor)',
  ),
  AMQP_URL: optional(amqpUrl, 'RabbitMQ (3.13 or newer) to attach to'),
  AMQP_MANAGEMENT_URL: optional(
    httpUrl('http://user:password@host:15672'),
    'Its management API, to create one broker user per service; without it all share the user of AMQP_URL',
  ),
  DEBIAN_MIRROR: byDefault(
    'http://deb.debian.org/debian',
    httpUrl(),
    'Where the packages of the embedded RabbitMQ, and of a Java for Kafka, are downloaded from; their signature is checked',
  ),
  DEBIAN_SUITE: byDefault(
    'trixie',
    matching('the name of a release', /^[a-z]+$/),
    'The release of Debian that they are from; `trixie` when unset',
  ),
  KAFKA_BROKERS: optional(brokers, 'Kafka to attach to'),
  KAFKA_TLS: optional(boolean, 'TLS to that Kafka'),
  KAFKA_TLS_CA_PATH: optional(
    file,
    'Certificate authority (PEM) of that Kafka; those that Node.js knows when unset',
  ),
  KAFKA_SASL_MECHANISM: optional(saslMechanism, 'How Duet logs in there; not at all when unset'),
  KAFKA_USERNAME: optional(text('a name'), 'The user to log in as'),
  KAFKA_PASSWORD: optional(text('a password'), 'Its password'),
  KAFKA_COMES_LATER: optional(boolean, 'Whether it starts after those that use it (set by the supervisor)'),
  MAVEN_URL: byDefault(
    'https://repo.maven.apache.org/maven2/',
    httpUrl('http(s)://…/'),
    'Where the jars of the embedded Kafka are downloaded from; their digests are checked',
  ),
  JAVA_HOME: optional(text('a folder'), 'Java (17 or newer) for it; the `java` on the PATH when unset'),
  TEMPORAL_ADDRESS: optional(matching('host:port', /^[^\s/]+:\d+$/), 'Temporal frontend to attach to'),
  TEMPORAL_PROFILE: optional(
    text('the name of a profile'),
    'Profile of `temporal.toml` to take the following from; none is read unless this or the file is named',
  ),
  TEMPORAL_CONFIG_FILE: optional(
    text('a file'),
    'The `temporal.toml` to read; the one of the Temporal CLI when unset',
  ),
  TEMPORAL_NAMESPACE: byDefault(
    'default',
    text('a namespace'),
    'Namespace of the workflows; `default` when unset',
  ),
  TEMPORAL_API_KEY: optional(text('a key'), 'API key for Temporal, if it asks for one'),
  TEMPORAL_TLS: optional(boolean, 'TLS to Temporal; on by itself when a key or certificate is given'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: optional(text('a file'), 'Client certificate (PEM) for Temporal'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: optional(text('a file'), 'Key (PEM) of that certificate'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: optional(
    text('a file'),
    'Certificate authority (PEM) of the Temporal frontend',
  ),
  TEMPORAL_TLS_SERVER_NAME: optional(text('a host name'), 'Name the frontend’s certificate carries'),
  TEMPORAL_UI_URL: optional(httpUrl(), 'Temporal UI to link to when attached; known by itself otherwise'),
  TEMPORAL_DOWNLOAD_URL: byDefault(
    'https://temporal.download/cli/archive/',
    httpUrl('http(s)://…/'),
    'Where the Temporal CLI archive is downloaded from (a mirror, say)',
  ),
  SMTP_URL: optional(smtpUrl, 'Mail server to send through; the built-in mailbox when unset'),
  MAIL_FROM: byDefault('Duet <duet@duet.example>', sender, 'Sender of every mail'),
  SMS_URL: optional(
    httpUrl('https://api.twilio.com'),
    'SMS provider with Twilio’s REST shape; the built-in mailbox when unset',
  ),
  SMS_ACCOUNT_SID: byDefault('ACduet', text('an account id'), 'Account at the SMS provider'),
  SMS_AUTH_TOKEN: byDefault('duet', text('a token'), 'Its secret'),
  SMS_FROM: byDefault('+15005550006', text('a phone number'), 'Sender of every SMS'),
  INJECTION_MODULE: optional(
    text('a path'),
    'Module that puts faults around what a process has opened (set by the failure lab for its stack)',
  ),
  MAILBOX_URL: optional(httpUrl('http://…'), 'HTTP side of the built-in mailbox (set by the supervisor)'),
  API_URL: optional(httpUrl('http://…'), 'The API, for those who are its customers (set by the supervisor)'),
  CROWD_URL: optional(
    httpUrl('http://…'),
    'Where the process that lets customers come is, once it runs (set by the supervisor)',
  ),
  RABBITMQ_UI_URL: optional(httpUrl('http://…'), 'RabbitMQ UI to link to (set by the supervisor)'),
  CONTROL_SOCKET: optional(
    text('a file'),
    'Where the supervisor is asked to break, heal and start something (set by the supervisor, for the API only)',
  ),
  WORKFLOW_BUNDLE: optional(text('a file'), 'Workflow code, bundled ahead of time (set by the supervisor)'),
  PAGE_FOLDER: optional(text('a folder'), 'The live page, bundled ahead of time (set by the supervisor)'),
  VERIFICATION_KEY: optional(key, 'Key of the verification links; one of this database’s own when unset'),
  OPERATOR_TOKEN: optional(
    matching('at least 16 characters', /^.{16,}$/s),
    'Bearer token that opens the operator routes to callers from other machines',
  ),
  NOTIFICATIONS_URL: optional(
    httpUrl('http://…'),
    'Where the steps of notifications are called (set by the supervisor)',
  ),
  SERVICE_TOKEN: optional(
    matching('at least 16 characters', /^.{16,}$/s),
    'Bearer token with which one service calls another (set by the supervisor)',
  ),
  SYNCHRONOUS_PATIENCE_MS: byDefault(
    10_000,
    count('milliseconds'),
    'Longest wait for the answer to a request of a synchronous style; 10000 when unset',
  ),
  BLOCKING_THREADS: byDefault(
    50,
    count('a whole number'),
    'Threads at most, of the style that blocks one for each caller; 50 when unset',
  ),
  BLOCKING_QUEUE: byDefault(
    100,
    count('a whole number'),
    'Callers at most that wait for one of those threads; 100 when unset',
  ),
  RETRY_FIRST_MS: byDefault(
    retryPolicy.firstRetryAfterMs,
    count('milliseconds'),
    'Pause after the first fault of a step, doubling from there, in chain and workflow; 1000 when unset',
  ),
  RETRY_LONGEST_MS: byDefault(
    retryPolicy.maximumRetryAfterMs,
    count('milliseconds'),
    'Longest pause between two attempts at a step; 600000 when unset',
  ),
  RETRY_ATTEMPTS: byDefault(
    retryPolicy.maximumAttempts,
    count('a whole number'),
    'Attempts at a step before it is parked; 150 when unset',
  ),
  LOG_LEVEL: byDefault('info', logLevel, 'How much our processes log'),
} as const;

/** The name of a variable the product knows. */
export type VariableName = keyof typeof variables;

type Value<N extends VariableName> = z.infer<(typeof variables)[N]['schema']>;

/** What a process is given of these variables, none of them unset. */
export type Config<N extends VariableName> = { [K in N]: NonNullable<Value<K>> };

/** A variable holds something else than its expected form, or is missing where a process cannot do without. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

/**
 * Reads the named variables; an empty one counts as unset. Throws one `ConfigurationError` that lists everything wrong, and
 * shows no value.
 */
export function readConfig<N extends VariableName>(
  names: readonly N[],
  source: NodeJS.ProcessEnv = process.env,
): { [K in N]: Value<K> } {
  return read(names, source, false);
}

/** As `readConfig`, but an unset variable is an error too: for what a process cannot do without. */
export function requireConfig<N extends VariableName>(
  names: readonly N[],
  source: NodeJS.ProcessEnv = process.env,
): Config<N> {
  return read(names, source, true) as Config<N>;
}

function read<N extends VariableName>(
  names: readonly N[],
  source: NodeJS.ProcessEnv,
  areRequired: boolean,
): { [K in N]: Value<K> } {
  const complaints: string[] = [];
  const values = names.map((name) => {
    const { schema, form, description } = variables[name];
    const given = source[name] === '' ? undefined : source[name];
    const { success, data } = schema.safeParse(given);
    // Without the value: it may be a secret, or hold one.
    if (!success) complaints.push(`${name} is wrong, expected ${form}${escapes(form)}`);
    else if (areRequired && data === undefined)
      complaints.push(`${name} is not set, expected ${form} (${description})`);
    return [name, data];
  });
  if (complaints.length > 0) throw new ConfigurationError(complaints.join('\n'));
  return Object.fromEntries(values);
}

/** Where there is a password in a URL, what most often is wrong with it. */
function escapes(form: string): string {
  return form.includes(':password@')
    ? ' (in a password `#` is `%23`, `/` is `%2F`, `?` is `%3F`, `%` is `%25`)'
    : '';
}
