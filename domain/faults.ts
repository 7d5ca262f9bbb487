/**
 * What can be broken in a running stack, as data: names, words, and what each touches. Who breaks and heals is the supervisor; the page,
 * the API and the command line show and ask.
 */
import { z } from 'zod';

/** How long a fault lasts unless something else is said, and at most. */
export const faultDurationMs = { usual: 10_000, atMost: 120_000 } as const;

/** Processes of ours that can be killed, and held. */
export const breakableProcesses = ['notifications', 'accounts', 'api', 'tracker'] as const;

/** Parts that can be held. */
export const breakableParts = ['rabbitmq', 'kafka', 'temporal', 'postgres', 'mailbox'] as const;

/** Where a fault belongs in a list of switches. */
export const faultGroups = ['mail', 'sms', 'kill', 'hold', 'cut', 'crash', 'poison'] as const;
export type FaultGroup = (typeof faultGroups)[number];

/** One thing that can be broken. */
export type Fault = {
  group: FaultGroup;
  /** As a switch names it, in the column of its group. */
  title: string;
  /** What happens, in one sentence. */
  says: string;
  /** Whether it needs what only `npm run stage` has. */
  onStageOnly: boolean;
};

const words = {
  notifications: 'notifications',
  accounts: 'accounts',
  api: 'the API',
  tracker: 'the tracker',
  rabbitmq: 'RabbitMQ',
  kafka: 'Kafka',
  temporal: 'Temporal',
  postgres: 'Postgres',
  mailbox: 'the mailbox',
} as const;

const usual = (group: FaultGroup, title: string, says: string): Fault => ({
  group,
  title,
  says,
  onStageOnly: false,
});
const staged = (group: FaultGroup, title: string, says: string): Fault => ({
  group,
  title,
  says,
  onStageOnly: true,
});

/** Every fault by its name. */
export const faults = {
  'mail-slow': usual('mail', 'slow', 'The mail server answers 2 s late.'),
  'mail-451': usual('mail', '451', 'The mail server asks to try later.'),
  'mail-550': usual('mail', '550', 'The mail server refuses us, not the customer.'),
  'mail-silent': usual('mail', 'silent', 'The mail server takes connections and says nothing.'),
  'mail-answer-lost': usual('mail', 'answer lost', 'The mail server takes a mail, and its answer is lost.'),
  'sms-503': usual('sms', '503', 'The SMS provider is out of order.'),
  'sms-silent': usual('sms', 'silent', 'The SMS provider says nothing.'),
  'kill-notifications': usual(
    'kill',
    'notifications',
    `SIGKILL to ${words.notifications}; it is started again.`,
  ),
  'kill-accounts': usual('kill', 'accounts', `SIGKILL to ${words.accounts}; it is started again.`),
  'kill-api': usual('kill', 'API', `SIGKILL to ${words.api}; it is started again.`),
  'kill-tracker': usual('kill', 'tracker', `SIGKILL to ${words.tracker}; it is started again.`),
  'hold-notifications': usual('hold', 'notifications', `SIGKILL to ${words.notifications}; it stays away.`),
  'hold-accounts': usual('hold', 'accounts', `SIGKILL to ${words.accounts}; it stays away.`),
  'hold-api': usual('hold', 'API', `SIGKILL to ${words.api}; it stays away.`),
  'hold-tracker': usual('hold', 'tracker', `SIGKILL to ${words.tracker}; it stays away.`),
  'hold-rabbitmq': usual('hold', 'RabbitMQ', `SIGKILL to ${words.rabbitmq}; it stays away.`),
  'hold-kafka': usual('hold', 'Kafka', `SIGKILL to ${words.kafka}; it stays away.`),
  'hold-temporal': usual('hold', 'Temporal', `SIGKILL to ${words.temporal}; it stays away.`),
  'hold-postgres': usual('hold', 'Postgres', `SIGKILL to ${words.postgres}; it stays away.`),
  'hold-mailbox': usual('hold', 'mailbox', `SIGKILL to ${words.mailbox}; mail and SMS have nowhere to go.`),
  'reset-rabbitmq': staged('cut', 'RabbitMQ reset', 'Every connection to RabbitMQ is reset.'),
  'reset-kafka': staged('cut', 'Kafka reset', 'Every connection to Kafka is reset.'),
  'reset-temporal': staged('cut', 'Temporal reset', 'Every connection to Temporal is reset.'),
  'reset-postgres': staged('cut', 'Postgres reset', 'Every connection to Postgres is reset.'),
  'silence-rabbitmq': staged(
    'cut',
    'RabbitMQ silent',
    'Connections to RabbitMQ stay open, and nothing comes through.',
  ),
  'silence-kafka': staged(
    'cut',
    'Kafka silent',
    'Connections to Kafka stay open, and nothing comes through.',
  ),
  'silence-temporal': staged(
    'cut',
    'Temporal silent',
    'Connections to Temporal stay open, and nothing comes through.',
  ),
  'silence-postgres': staged(
    'cut',
    'Postgres silent',
    'Connections to Postgres stay open, and nothing comes through.',
  ),
  'crash-before-send': staged(
    'crash',
    'before sending',
    'Notifications dies right before a welcome mail leaves.',
  ),
  'crash-before-record': staged(
    'crash',
    'after sending',
    'Notifications dies once a welcome mail has left, before it is recorded.',
  ),
  'crash-before-answer': staged(
    'crash',
    'before the answer',
    'The API dies once a signup is accepted, before it says so.',
  ),
  poison: staged(
    'poison',
    'poison',
    'A message that nobody can read, into a queue, a stream, a topic; and an unknown workflow.',
  ),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as [FaultName, ...FaultName[]];

/** A fault as a running stack has it. */
export const FaultState = z
  .object({
    name: z.enum(faultNames),
    isHere: z.boolean().describe('Whether it can be switched in this stack'),
    whyNot: z.string().nullable().describe('Why it cannot, and with what it could'),
    healsAt: z.iso.datetime().nullable().describe('By the clock, while it is broken; null while it is well'),
    remainingMs: z.int().nullable(),
    askedBy: z.string().nullable().describe('`page`, `terminal`, or what a caller said of itself'),
  })
  .meta({ id: 'FaultState' });
export type FaultState = z.infer<typeof FaultState>;
