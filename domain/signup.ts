/**
 * What a signup is: what may be asked for, how it ends, and how it is shown. Every coordinator and the HTTP edge
 * use these schemas; the OpenAPI document is made from them.
 */
import { z } from 'zod';
import { closeReasons, forEachChannel, type Channel } from './process.ts';

export const styles = [
  'synchronous-blocking',
  'synchronous-reactive',
  'choreography',
  'stream-rabbitmq',
  'stream-kafka',
  'orchestration',
] as const;

/** Which coordinator plays a signup. */
export type Style = (typeof styles)[number];

/** One of these values, in the words of the product. */
export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, `expected one of ${values.join(', ')}`);

// As in RFC 5321, without what mail servers, shells and templates read as theirs: no `%` and `!`, which once routed mail, no
// braces, `$`, backticks or quotes. A top-level domain has letters, or is one in another script as DNS writes it.
const atom = "[A-Za-z0-9_'+=&#*/?^~-]+";
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const topLevel = '(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9])';
const emailAddress = new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+${topLevel}$`);

// Letters, marks, digits and the punctuation of names, in any script: the dots of Gal·la and ジョン・スミス, the joiners within
// words of Persian or Hindi, the apostrophe before 't Hooft. Nothing that a mail header or a template could read as its own.
const personName =
  /^['’‘]?[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} .,'’‘()·・゠‐-]|(?<=[\p{L}\p{M}])[\u200c\u200d](?=\p{L}))*$/u;

const phoneForm = 'expected a phone number in E.164 form, such as +15550001111';
const nameForm = "expected a name: letters, digits, spaces and . , ' ( ) -";

const groupForm = 'expected a group: 1 to 64 letters, digits, _ or -';

/** By it signups that were started together are found again. */
export const GroupName = z.string(groupForm).regex(/^[A-Za-z0-9_-]{1,64}$/, groupForm);

/** What `POST /signups` takes. Unknown fields are an error, so that a typo is not silently ignored. */
export const SignupRequest = z.strictObject(
  {
    email: z
      .email({
        pattern: emailAddress,
        error: 'expected an e-mail address such as ada@example.com',
        abort: true,
      })
      .max(254, 'expected at most 254 characters'),
    phone: z
      .string(phoneForm)
      .regex(/^\+[1-9]\d{6,14}$/, phoneForm)
      .optional(),
    name: z
      .string(nameForm)
      .max(100, 'expected at most 100 characters')
      .regex(personName, nameForm)
      .optional(),
    style: oneOf(styles),
    group: GroupName.optional(),
  },
  'expected a JSON object',
);
export type SignupRequest = z.infer<typeof SignupRequest>;

/** Who signs up, as one service tells another: checked when they did, and not again. */
export const Person = z.object({
  email: z.string(),
  phone: z.string().optional(),
  name: z.string().optional(),
});
export type Person = z.infer<typeof Person>;

/** What `Idempotency-Key` may be: visible ASCII, as in draft-ietf-httpapi-idempotency-key-header. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 visible ASCII characters');

export const outcomes = ['activated', 'refused', ...closeReasons] as const;

/** Where a signup can be. */
export const statuses = ['opening', 'pending', ...outcomes] as const;
export type SignupStatus = (typeof statuses)[number];

/** How a signup ended. `cancelled` is an operator's decision, not one of the process. */
export type Outcome = (typeof outcomes)[number];

/**
 * How a channel was served: `skipped` where there was nothing to send to or the signup had moved on, `failed` where it was given
 * up after a fault, while its caller waited: the message may have arrived.
 */
export const deliveryResults = ['sent', 'undeliverable', 'skipped', 'failed'] as const;
export type DeliveryResult = (typeof deliveryResults)[number];

/** How each channel was served. */
export type Notified = Record<Channel, DeliveryResult>;

/** A step that ran out of attempts and waits for `resume`. */
export const ParkedStep = z.object({ step: z.string(), attempts: z.int(), lastError: z.string() });
export type ParkedStep = z.infer<typeof ParkedStep>;

/** A signup as `GET /signups/<id>` shows it. Times are in the signup's own time. */
export const Signup = z.object({
  id: z.uuid(),
  style: z.enum(styles),
  status: z.enum(statuses),
  outcome: z.enum(outcomes).nullable(),
  email: z.string().describe('As `a***@e***` where no operator asks'),
  phone: z.string().nullable().describe('As `+***11` where no operator asks'),
  notified: z
    .object(forEachChannel(() => z.enum(deliveryResults).nullable()))
    .describe('How each channel was reached; null until all are known'),
  reminders: z.int().describe('How many reminders were sent'),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  verifyBy: z.iso.datetime().nullable().describe('Deadline of the click; null until the account is open'),
  parked: z.array(ParkedStep),
});
export type Signup = z.infer<typeof Signup>;

/** A signup as it is shown without an operator's rights: how far it is, and not whose. */
export function withoutPerson(signup: Signup): Signup {
  const { email, phone, parked } = signup;
  return {
    ...signup,
    email: maskedAddress(email),
    phone: phone && `+***${phone.slice(-2)}`,
    parked: parked.map((step) => ({ ...step, lastError: withoutAddresses(step.lastError) })),
  };
}

/** An e-mail address as it is shown without an operator's rights: `a***@e***`. */
export function maskedAddress(email: string): string {
  return email.replaceAll(/([^@])[^@]*/gu, '$1***');
}

/** A text with the addresses and phone numbers in it left out: providers quote them. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/[^\s<>"'`]+@[^\s<>"'`]+/g, '(an address)').replaceAll(/\+\d{7,15}/g, '(a number)');
}

/**
 * Whether two requests ask for the same thing: an Idempotency-Key may be repeated only with the same request. In which group does not
 * matter: the account, which a late repetition is compared with, does not know it, and the first one stays.
 */
export function isSameRequest(one: SignupRequest, other: SignupRequest): boolean {
  const fields = (Object.keys(SignupRequest.shape) as (keyof SignupRequest)[]).filter(
    (field) => field !== 'group',
  );
  return fields.every((field) => one[field] === other[field]);
}

/** What is known of a signup besides what was asked for. */
type SignupState = {
  status: SignupStatus;
  startedAt: string;
  endedAt?: string;
  verifyBy?: string;
  parked?: ParkedStep[];
  reminders?: number;
};

/** A signup as far as its request and its coordinator know it: how the channels were reached is in the account. */
export function signupShown(id: string, { style, email, phone }: SignupRequest, known: SignupState): Signup {
  const { status, startedAt, endedAt = null, verifyBy = null, parked = [], reminders = 0 } = known;
  return {
    id,
    style,
    status,
    outcome: outcomes.find((outcome) => outcome === status) ?? null,
    email,
    phone: phone ?? null,
    notified: forEachChannel(() => null),
    reminders,
    startedAt,
    endedAt,
    verifyBy,
    parked,
  };
}
