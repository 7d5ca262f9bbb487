/**
 * Every environment variable the product knows, and its only reader. The same names serve the supervisor (what to attach to)
 * and our processes (what they were given): the supervisor hands each process its own `DATABASE_URL` and `AMQP_URL`.
 * `.env.example` is generated from this file by `npm run generate`.
 */
import { z } from 'zod';
import { retryPolicy, type RetryPolicy } from '../domain/process.ts';

const url = (...schemes: string[]) =>
  z
    .string()
    // Some libraries take a raw `100%off` for a password, some fail at it: what begins no escape is escaped.
    .transform((text) => text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))
    .refine((text) => isUrl(text, schemes));
const port = () =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((number) => number <= 65535);
const count = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number);
const expected = <S extends z.ZodType>(schema: S, form: string, description: string) => ({
  schema,
  form,
  description,
});

function isUrl(text: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  // Postgres may be behind a socket, which is no host, or where PGHOST says.
  if (!schemes.includes(protocol.slice(0, -1)) || (hostname === '' && !schemes.includes('postgres')))
    return false;
  try {
    return [username, password].every((part) => typeof decodeURIComponent(part) === 'string');
  } catch {
    return false;
  }
}

// A bare address, or one behind a name; a name with a comma in it would be read as two senders unless it is quoted.
const address = String.raw`[^\s<>@,;:"]+@[^\s<>@,;:"]+`;
const sender = new RegExp(String.raw`^((?:"[^"\r\n]*"|[^<>"@,;:\r\n]*)\s*<${address}>|${address})$`);

/** Name → schema, expected form in words, and what it is for. */
export const variables = {
  PORT: expected(port().optional(), 'a port number', 'Port of the API; 8080 or the next free one when unset'),
  HOST: expected(
    z.string().default('127.0.0.1'),
    'an address',
    'Address the API listens on; 127.0.0.1 when unset',
  ),
  PUBLIC_URL: expected(
    url('http', 'https').optional(),
    'http(s)://…',
    'Where the API is reached from outside: verification links start with it, and no other name is taken',
  ),
  DUET_HOME: expected(z.string().optional(), 'a folder', 'State of the stack; `.duet` when unset'),
  XDG_CACHE_HOME: expected(
    z.string().optional(),
    'a folder',
    'Parent of the folder for downloads and builds; `~/.cache` when unset',
  ),
  DATABASE_URL: expected(
    url('postgres', 'postgresql').optional(),
    'postgres://user:password@host:5432/database',
    'Postgres to attach to, with a superuser, or an owner of the database with CREATEROLE; what it leaves out is taken from PGHOST, PGPASSWORD and the like',
  ),
  CLOCK_DATABASE_URL: expected(
    url('postgres', 'postgresql').optional(),
    'postgres://user:password@host:5432/database',
    'The same database for who moves the clocks of signups, with a role of its own (set by the supervisor)',
  ),
  AMQP_URL: expected(
    url('amqp', 'amqps').optional(),
    'amqp://user:password@host:5672/vhost',
    'RabbitMQ (3.13 or newer) to attach to',
  ),
  AMQP_MANAGEMENT_URL: expected(
    url('http', 'https').optional(),
    'http://user:password@host:15672',
    'Its management API, to create one broker user per service; without it all share the user of AMQP_URL',
  ),
  DEBIAN_MIRROR: expected(
    url('http', 'https').default('http://deb.debian.org/debian'),
    'http(s)://…',
    'Where the packages of the embedded RabbitMQ are downloaded from; their signature is checked',
  ),
  DEBIAN_SUITE: expected(
    z
      .string()
      .regex(/^[a-z]+$/)
      .default('trixie'),
    'the name of a release',
    'The release of Debian that they are from; `trixie` when unset',
  ),
  TEMPORAL_ADDRESS: expected(
    z
      .string()
      .regex(/^[^\s/]+:\d+$/)
      .optional(),
    'host:port',
    'Temporal frontend to attach to',
  ),
  TEMPORAL_PROFILE: expected(
    z.string().optional(),
    'the name of a profile',
    'Profile of `temporal.toml` to take the following from; none is read unless this or the file is named',
  ),
  TEMPORAL_CONFIG_FILE: expected(
    z.string().optional(),
    'a file',
    'The `temporal.toml` to read; the one of the Temporal CLI when unset',
  ),
  TEMPORAL_NAMESPACE: expected(
    z.string().min(1).default('default'),
    'a namespace',
    'Namespace of the workflows; `default` when unset',
  ),
  TEMPORAL_API_KEY: expected(z.string().optional(), 'a key', 'API key for Temporal, if it asks for one'),
  TEMPORAL_TLS: expected(
    z.stringbool().optional(),
    'true or false',
    'TLS to Temporal; on by itself when a key or certificate is given',
  ),
  TEMPORAL_TLS_CLIENT_CERT_PATH: expected(
    z.string().optional(),
    'a file',
    'Client certificate (PEM) for Temporal',
  ),
  TEMPORAL_TLS_CLIENT_KEY_PATH: expected(z.string().optional(), 'a file', 'Key (PEM) of that certificate'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: expected(
    z.string().optional(),
    'a file',
    'Certificate authority (PEM) of the Temporal frontend',
  ),
  TEMPORAL_TLS_SERVER_NAME: expected(
    z.string().optional(),
    'a host name',
    'Name the frontend’s certificate carries',
  ),
  TEMPORAL_UI_URL: expected(
    url('http', 'https').optional(),
    'http(s)://…',
    'Temporal UI to link to when attached; known by itself otherwise',
  ),
  TEMPORAL_DOWNLOAD_URL: expected(
    url('http', 'https').default('https://temporal.download/cli/archive/'),
    'http(s)://…/',
    'Where the Temporal CLI archive is downloaded from (a mirror, say)',
  ),
  SMTP_URL: expected(
    url('smtp', 'smtps').optional(),
    'smtp://user:password@host:587',
    'Mail server to send through; the built-in mailbox when unset',
  ),
  MAIL_FROM: expected(
    z.string().regex(sender).default('Duet <duet@duet.example>'),
    'Name <address>',
    'Sender of every mail',
  ),
  SMS_URL: expected(
    url('http', 'https').optional(),
    'https://api.twilio.com',
    'SMS provider with Twilio’s REST shape; the built-in mailbox when unset',
  ),
  SMS_ACCOUNT_SID: expected(z.string().default('ACduet'), 'an account id', 'Account at the SMS provider'),
  SMS_AUTH_TOKEN: expected(z.string().default('duet'), 'a token', 'Its secret'),
  SMS_FROM: expected(z.string().default('+15005550006'), 'a phone number', 'Sender of every SMS'),
  INJECTION_MODULE: expected(
    z.string().min(1).optional(),
    'a path',
    'Module that puts faults around what a process has opened (set by the failure lab for its stack)',
  ),
  MAILBOX_URL: expected(
    url('http', 'https').optional(),
    'http://…',
    'HTTP side of the built-in mailbox (set by the supervisor)',
  ),
  RABBITMQ_UI_URL: expected(
    url('http', 'https').optional(),
    'http://…',
    'RabbitMQ UI to link to (set by the supervisor)',
  ),
  WORKFLOW_BUNDLE: expected(
    z.string().optional(),
    'a file',
    'Workflow code, bundled ahead of time (set by the supervisor)',
  ),
  VERIFICATION_KEY: expected(
    z
      .string()
      .regex(/^([0-9a-f]{2}){32,}$/i)
      .toLowerCase()
      .optional(),
    'an even number of hexadecimal digits, at least 64',
    'Key of the verification links; one of this database’s own when unset',
  ),
  OPERATOR_TOKEN: expected(
    z.string().min(16).optional(),
    'at least 16 characters',
    'Bearer token that opens the operator routes to callers from other machines',
  ),
  RETRY_FIRST_MS: expected(
    count().default(retryPolicy.firstRetryAfterMs),
    'milliseconds',
    'Pause after the first fault of a step, doubling from there, in every style; 1000 when unset',
  ),
  RETRY_LONGEST_MS: expected(
    count().default(retryPolicy.maximumRetryAfterMs),
    'milliseconds',
    'Longest pause between two attempts at a step; 600000 when unset',
  ),
  RETRY_ATTEMPTS: expected(
    count().default(retryPolicy.maximumAttempts),
    'a number',
    'Attempts at a step before it is parked; 150 when unset',
  ),
  LOG_LEVEL: expected(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    'trace, debug, info, warn, error or fatal',
    'How much our processes log',
  ),
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

/** The variables of the retry policy. */
export const retryVariables = ['RETRY_FIRST_MS', 'RETRY_LONGEST_MS', 'RETRY_ATTEMPTS'] as const;

/** How faults are retried, by every style. */
export function configuredRetryPolicy(config: Config<(typeof retryVariables)[number]>): RetryPolicy {
  return {
    ...retryPolicy,
    firstRetryAfterMs: config.RETRY_FIRST_MS,
    maximumRetryAfterMs: config.RETRY_LONGEST_MS,
    maximumAttempts: config.RETRY_ATTEMPTS,
  };
}

/** The text of `.env.example`: every variable a user may set, commented out, with its form. */
export function environmentExample(): string {
  return Object.entries(variables)
    .map(([name, { form, description }]) => `# ${description}\n# ${name}=${form}\n`)
    .join('\n');
}
