/** The forms that a variable of the environment may have: each is how it is called in words, and the schema that reads it. */
import { existsSync } from 'node:fs';
import { z } from 'zod';

type Form<S extends z.ZodType> = { form: string; schema: S };

/** Declares a variable that may be unset. */
export const optional = <S extends z.ZodType>({ form, schema }: Form<S>, description: string) => ({
  form,
  description,
  schema: schema.optional(),
});

/** Declares a variable that is `value` when it is unset. */
export const byDefault = <S extends z.ZodType>(
  value: z.util.NoUndefined<z.output<S>>,
  { form, schema }: Form<S>,
  description: string,
) => ({ form, description, schema: schema.default(value) });

export const text = (form: string) => ({ form, schema: z.string() });
export const matching = (form: string, pattern: RegExp) => ({ form, schema: z.string().regex(pattern) });
export const file = { form: 'a file that is there', schema: z.string().refine((path) => existsSync(path)) };
export const count = (form: string) => ({
  form,
  schema: matching(form, /^[1-9]\d{0,8}$/).schema.transform(Number),
});

export const boolean = { form: 'true or false', schema: z.stringbool() };
export const port = {
  form: 'a port number',
  schema: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((number) => number <= 65535),
};
export const key = {
  form: 'an even number of hexadecimal digits, at least 64',
  schema: z
    .string()
    .regex(/^([0-9a-f]{2}){32,}$/i)
    .toLowerCase(),
};
export const brokers = matching('host:port,host:port,…', /^[^\s,/]+:\d{1,5}(,[^\s,/]+:\d{1,5})*$/);
export const saslMechanism = {
  form: 'PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512',
  schema: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
};
export const logLevel = {
  form: 'trace, debug, info, warn, error or fatal',
  schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
};

// A bare address, or one behind a name; a name with a comma in it would be read as two senders unless it is quoted.
const address = String.raw`[^\s<>@,;:"]+@[^\s<>@,;:"]+`;
export const sender = matching(
  'Name <address>',
  new RegExp(String.raw`^((?:"[^"\r\n]*"|[^<>"@,;:\r\n]*)\s*<${address}>|${address})$`),
);

export const postgresUrl = urlOf('postgres://user:password@host:5432/database', ['postgres', 'postgresql']);
export const amqpUrl = urlOf('amqp://user:password@host:5672/vhost', ['amqp', 'amqps']);
export const smtpUrl = urlOf('smtp://user:password@host:587', ['smtp', 'smtps']);
export const httpUrl = (form = 'http(s)://…') => urlOf(form, ['http', 'https']);

function urlOf(form: string, schemes: readonly string[]) {
  const schema = z
    .string()
    // Some libraries take a raw `100%off` for a password, some fail at it: what begins no escape is escaped.
    .transform((given) => given.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))
    .refine((given) => isUrl(given, schemes));
  return { form, schema };
}

function isUrl(given: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, username, password } = new URL(given);
  // Postgres may be behind a socket, which is no host, or where PGHOST says.
  if (!schemes.includes(protocol.slice(0, -1)) || (hostname === '' && !schemes.includes('postgres')))
    return false;
  try {
    return [username, password].every((part) => typeof decodeURIComponent(part) === 'string');
  } catch {
    return false;
  }
}
