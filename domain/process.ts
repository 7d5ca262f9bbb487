/**
 * The process as data, read by every style: what is sent over which channel, in which order the steps come, when they are due, and how
 * faults are retried. From these tables follow the names of steps, the keys of events and the order of every history.
 * No library is imported here: workflow code loads this file into its sandbox.
 */

const hourMs = 60 * 60 * 1000;

/** From step 1 to the end of the deadline for the click, in milliseconds. */
export const verifyWithinMs = 7 * 24 * hourMs;

/** From step 1 until a signup by calls is cancelled that its caller left unfinished. */
export const unfinishedAfterMs = hourMs / 4;

// #region schedule
/** The reminders, in their order: how long after step 1 each is due, while the link was not clicked. */
export const reminders = [
  { purpose: 'reminder-1', afterMs: 24 * hourMs },
  { purpose: 'reminder-2', afterMs: 72 * hourMs },
  { purpose: 'reminder-3', afterMs: 144 * hourMs },
] as const;

/** How many of them a signup gets that was started before there was a third one. */
export const remindersAtFirst = 2;
// #endregion

/** A reminder that the link was not clicked yet. */
export type Reminder = (typeof reminders)[number]['purpose'];
export const isReminder = (purpose: Purpose): purpose is Reminder =>
  reminders.some((reminder) => reminder.purpose === purpose);

// #region messages
/** The channels: the step that sends over each, and which of a person's data it sends to. */
export const channels = {
  email: { step: 'sendEmail', to: 'email' },
  sms: { step: 'sendSms', to: 'phone' },
} as const;

/** What is sent, and over which channels. Each is sent once per signup and channel. */
export const messages = {
  welcome: ['email', 'sms'],
  'reminder-1': ['email'],
  'reminder-2': ['email'],
  'reminder-3': ['email'],
  activated: ['email'],
  expired: ['email'],
  closed: ['sms'],
} as const satisfies Record<string, readonly Channel[]>;
// #endregion

/** What a message travels over. */
export type Channel = keyof typeof channels;
export const channelNames = Object.keys(channels) as Channel[];

/** The steps that send, one per channel. */
export type SendingStep<C extends Channel = Channel> = (typeof channels)[C]['step'];
export const sendingSteps: readonly SendingStep[] = channelNames.map((channel) => channels[channel].step);

/** What a message is for. */
export type Purpose = keyof typeof messages;

/** What is sent over a channel. */
export type PurposeOver<C extends Channel> = {
  [P in Purpose]: C extends (typeof messages)[P][number] ? P : never;
}[Purpose];

/** Why an account was closed: what the outcome of its signup then is. */
export const closeReasons = ['expired', 'undeliverable', 'cancelled'] as const;
export type CloseReason = (typeof closeReasons)[number];

/** A step that sends, as histories, lists and logs name it. */
export type SendStep = { [C in Channel]: `${SendingStep<C>} ${PurposeOver<C>}` }[Channel];

/** A step as histories, lists and logs name it: the same in every style. */
export type StepName =
  | 'openAccount'
  | 'recordNotified'
  | 'activateAccount'
  | `closeAccount ${CloseReason}`
  | SendStep;

/** Something for each channel. */
export function forEachChannel<T>(make: (channel: Channel) => T): Record<Channel, T> {
  return Object.fromEntries(channelNames.map((channel) => [channel, make(channel)])) as Record<Channel, T>;
}

/** The name of the step that sends a message. */
export function sendStep<C extends Channel>(channel: C, purpose: PurposeOver<C>): SendStep {
  return `${channels[channel].step} ${purpose}` as SendStep;
}

/** The steps that send what a purpose calls for, one per channel. */
export function stepsFor(purpose: Purpose): SendStep[] {
  return messages[purpose].map((channel) => sendStep<Channel>(channel, purpose as PurposeOver<Channel>));
}

/** The wait for the click, where it stands among the steps. */
export const clickRow = 'click';

/** The steps in the order of the process, whichever way it goes, and the wait among them. */
export const processOrder: readonly (StepName | typeof clickRow)[] = [
  'openAccount',
  ...stepsFor('welcome'),
  'recordNotified',
  ...reminders.flatMap(({ purpose }) => stepsFor(purpose)),
  clickRow,
  'activateAccount',
  ...stepsFor('activated'),
  'closeAccount expired',
  ...stepsFor('expired'),
  'closeAccount undeliverable',
  ...stepsFor('closed'),
  'closeAccount cancelled',
];

const before: Partial<Record<string, readonly StepName[]>> = {
  openAccount: [],
  recordNotified: stepsFor('welcome'),
  'sendEmail activated': ['activateAccount'],
  'sendEmail expired': ['closeAccount expired'],
  'closeAccount undeliverable': ['sendEmail welcome'],
  'sendSms closed': ['closeAccount undeliverable'],
} satisfies Partial<Record<StepName, readonly StepName[]>>;

/** The steps that have to be over before a step begins. */
export function stepsBefore(step: string): readonly StepName[] {
  return before[step] ?? ['openAccount'];
}

/** When the deadline of a signup opened at `at` (ISO 8601) is, in ISO 8601. */
export function verifyBy(at: string): string {
  return later(at, verifyWithinMs);
}

/** So many milliseconds after a time, both in ISO 8601. */
export function later(at: string, milliseconds: number): string {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}

/** How a step that answers with a fault is retried. After the last attempt the step is parked. */
export type RetryPolicy = {
  firstRetryAfterMs: number;
  backoffCoefficient: number;
  maximumRetryAfterMs: number;
  maximumAttempts: number;
};

/** The policy of chain and workflow, unless the configuration names another: 150 attempts are about a day. */
export const retryPolicy: Readonly<RetryPolicy> = {
  firstRetryAfterMs: 1000,
  backoffCoefficient: 2,
  maximumRetryAfterMs: 10 * 60 * 1000,
  maximumAttempts: 150,
};

/** How long to wait after the given attempt (counted from 1) before the next one; undefined after the last. */
export function retryAfterMs(
  attempt: number,
  { firstRetryAfterMs, backoffCoefficient, maximumRetryAfterMs, maximumAttempts }: RetryPolicy,
): number | undefined {
  if (attempt >= maximumAttempts) return undefined;
  return Math.min(firstRetryAfterMs * backoffCoefficient ** (attempt - 1), maximumRetryAfterMs);
}
