/**
 * What can be broken in a running stack, as data: names, words, and what each touches. Who breaks and heals is the supervisor; the page,
 * the API and the command line show and ask.
 */
import { z } from 'zod';

/** How long a fault lasts unless something else is said, and at most. */
export const faultDurationMs = { usual: 10_000, atMost: 120_000 } as const;

/** Processes of ours that can be killed, and held. */
export const breakableProcesses = ['notifications', 'accounts', 'api', 'tracker'] as const;
export type BreakableProcess = (typeof breakableProcesses)[number];

/** Parts that can be held. */
export const breakableParts = ['rabbitmq', 'kafka', 'temporal', 'postgres', 'mailbox'] as const;
export type BreakablePart = (typeof breakableParts)[number];

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
  /** The process or part behind it; null where it is more than one, or a line of one. */
  touches: BreakableProcess | BreakablePart | null;
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

const provider = (group: 'mail' | 'sms', title: string, says: string): Fault => ({
  group,
  title,
  says,
  touches: 'mailbox',
  onStageOnly: false,
});
const killed = (touches: BreakableProcess, title: string): Fault => ({
  group: 'kill',
  title,
  says: `SIGKILL to ${words[touches]}; it is started again.`,
  touches,
  onStageOnly: false,
});
const held = (
  touches: BreakableProcess | BreakablePart,
  title: string,
  instead = 'it stays away',
): Fault => ({
  group: 'hold',
  title,
  says: `SIGKILL to ${words[touches]}; ${instead}.`,
  touches,
  onStageOnly: false,
});
const reset = (touches: BreakablePart, title: string): Fault => ({
  group: 'cut',
  title: `${title} reset`,
  says: `Every connection to ${words[touches]} is reset.`,
  touches,
  onStageOnly: true,
});
const silenced = (touches: BreakablePart, title: string): Fault => ({
  group: 'cut',
  title: `${title} silent`,
  says: `Connections to ${words[touches]} stay open, and nothing comes through.`,
  touches,
  onStageOnly: true,
});
const crashed = (title: string, says: string): Fault => ({
  group: 'crash',
  title,
  says,
  touches: null,
  onStageOnly: true,
});

/** Every fault by its name. */
export const faults = {
  'mail-slow': provider('mail', 'slow', 'The mail server answers 2 s late.'),
  'mail-451': provider('mail', '451', 'The mail server asks to try later.'),
  'mail-550': provider('mail', '550', 'The mail server refuses us, not the customer.'),
  'mail-silent': provider('mail', 'silent', 'The mail server takes connections and says nothing.'),
  'mail-answer-lost': provider(
    'mail',
    'answer lost',
    'The mail server takes a mail, and its answer is lost.',
  ),
  'sms-503': provider('sms', '503', 'The SMS provider is out of order.'),
  'sms-silent': provider('sms', 'silent', 'The SMS provider says nothing.'),
  'kill-notifications': killed('notifications', 'notifications'),
  'kill-accounts': killed('accounts', 'accounts'),
  'kill-api': killed('api', 'API'),
  'kill-tracker': killed('tracker', 'tracker'),
  'hold-notifications': held('notifications', 'notifications'),
  'hold-accounts': held('accounts', 'accounts'),
  'hold-api': held('api', 'API'),
  'hold-tracker': held('tracker', 'tracker'),
  'hold-rabbitmq': held('rabbitmq', 'RabbitMQ'),
  'hold-kafka': held('kafka', 'Kafka'),
  'hold-temporal': held('temporal', 'Temporal'),
  'hold-postgres': held('postgres', 'Postgres'),
  'hold-mailbox': held('mailbox', 'mailbox', 'mail and SMS have nowhere to go'),
  'reset-rabbitmq': reset('rabbitmq', 'RabbitMQ'),
  'reset-kafka': reset('kafka', 'Kafka'),
  'reset-temporal': reset('temporal', 'Temporal'),
  'reset-postgres': reset('postgres', 'Postgres'),
  'silence-rabbitmq': silenced('rabbitmq', 'RabbitMQ'),
  'silence-kafka': silenced('kafka', 'Kafka'),
  'silence-temporal': silenced('temporal', 'Temporal'),
  'silence-postgres': silenced('postgres', 'Postgres'),
  'crash-before-send': crashed('before sending', 'Notifications dies right before a welcome mail leaves.'),
  'crash-before-record': crashed(
    'after sending',
    'Notifications dies once a welcome mail has left, before it is recorded.',
  ),
  'crash-before-answer': crashed(
    'before the answer',
    'The API dies once a signup is accepted, before it says so.',
  ),
  poison: {
    group: 'poison',
    title: 'poison',
    says: 'A message that nobody can read, into a queue, a stream, a topic; and an unknown workflow.',
    touches: null,
    onStageOnly: true,
  },
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
    remainingMs: z.int().nullable().describe('0 while it is being healed'),
    askedBy: z.string().nullable().describe('`page`, `terminal`, or what a caller said of itself'),
  })
  .meta({ id: 'FaultState' });
export type FaultState = z.infer<typeof FaultState>;

const durationExpected = `expected whole milliseconds from 1 to ${faultDurationMs.atMost}`;
const askerExpected = 'expected 1 to 40 letters, digits, spaces, dots, dashes or underscores';

/** What a switch may be told: how long, and by whom it is asked. */
export const FaultWish = z
  .strictObject(
    {
      forMs: z
        .int(durationExpected)
        .min(1, durationExpected)
        .max(faultDurationMs.atMost, durationExpected)
        .optional()
        .describe(`After so long it heals by itself; ${faultDurationMs.usual} when missing`),
      askedBy: z
        .string(askerExpected)
        .regex(/^[\w .-]{1,40}$/, askerExpected)
        .optional()
        .describe('Who asks, as all see it'),
    },
    'expected a JSON object',
  )
  .meta({ id: 'FaultWish' });
export type FaultWish = z.infer<typeof FaultWish>;
