/**
 * The steps of the process, as a port: what any coordinator may ask for, and what it is answered. A business no is
 * a value (`refused`); whatever is thrown is a fault and is tried again by the coordinator. Every step may be repeated:
 * it is idempotent by signup id and purpose. No step reads the clock: `at` is the coordinator's time.
 */
import {
  channelNames,
  channels,
  closeReasons,
  messages,
  sendStep,
  type Channel,
  type CloseReason,
  type Purpose,
  type PurposeOver,
  type SendingStep,
  type SendStep,
  type StepName,
} from './process.ts';
import type { Notified, Person, Style } from './signup.ts';

/** A step's answer where the business says no: `refused` is a stable code, `message` is for people. */
export type Refused<Code extends string> = { refused: Code; message: string };

/** A step's answer: what was done, or a refusal. */
export type Answer<Done, Code extends string = never> = { ok: Done } | Refused<Code>;

/** Why an account is not opened: its address is taken, or its signup is closed before it, or has long ended. */
export const openRefusals = ['email-taken', 'closed'] as const;
export type OpenRefusal = (typeof openRefusals)[number];

/** `group` is no part of the account: it is for who watches the step. */
export type OpenAccount = { signupId: string; style: Style; at: string; group?: string | undefined } & Person;
export type AccountOpened = { openedAt: string; verifyBy: string; verificationLink: string };
/** A message over a channel, and where to. */
export type SendOver<C extends Channel> = { signupId: string; purpose: PurposeOver<C> } & Pick<
  Person,
  (typeof channels)[C]['to']
>;
export type SendEmail = SendOver<'email'> & {
  name?: string | undefined;
  verificationLink?: string | undefined;
  /** Whether this reminder is the last of its signup. A caller of the time before there was a third does not say. */
  isLast?: boolean;
};
export type RecordNotified = { signupId: string; at: string } & Notified;
export type ActivateAccount = { signupId: string; at: string };
export type CloseAccount = { signupId: string; at: string; reason: CloseReason };

/**
 * How an attempt to send ended without a refusal. Nothing was sent where it is `skipped`, because there is nothing to send to, or
 * `superseded`, because the signup had moved on.
 */
export type Sent = 'sent' | 'skipped' | 'superseded';

/** The steps of the accounts service. They only write, each in its caller's transaction. */
export type WritingSteps = {
  /** Opens a pending account. The address must be free among pending and active accounts, whatever its case. */
  openAccount(input: OpenAccount): Promise<Answer<AccountOpened, OpenRefusal>>;
  /** Records once how the channels were reached. */
  recordNotified(input: RecordNotified): Promise<Answer<'recorded'>>;
  /** `pending → active`; says so again when repeated, `closed` once the account is closed. */
  activateAccount(input: ActivateAccount): Promise<Answer<'activated', 'closed'>>;
  /**
   * `pending → closed`; undo of `openAccount`. Goes by signup id, never by e-mail; an unknown signup gets a tombstone. An
   * active account, or one closed for another reason, stays as it is: the loser of a race is told so.
   */
  closeAccount(input: CloseAccount): Promise<Answer<'closed', 'active' | 'closed'>>;
};

/** What each channel's step is asked with. */
export type SendInput = { [C in Channel]: C extends 'email' ? SendEmail : SendOver<C> };

/** How an attempt to send ended, or that the address does not exist. */
export type SendAnswer = Answer<Sent, 'undeliverable'>;

/** The steps of the notifications service, one per channel: at most one duplicate per crash or lost answer of the provider. */
export type SendingSteps = {
  [C in Channel as SendingStep<C>]: (input: SendInput[C]) => Promise<SendAnswer>;
};

/** The steps, by the names that both process files use. */
export type Steps = WritingSteps & SendingSteps;

const sendsOver = (channel: Channel): SendStep[] =>
  Object.entries(messages)
    .filter(([, over]) => (over as readonly Channel[]).includes(channel))
    .map(([purpose]) => sendStep(channel, purpose as PurposeOver<Channel>));

const sendingNames: Partial<Record<SendingStep, readonly SendStep[]>> = Object.fromEntries(
  channelNames.map((channel) => [channels[channel].step, sendsOver(channel)]),
);

/** The names that each step goes by in histories, lists and logs: what it is asked for is part of the name. */
export const stepNames: Record<keyof Steps, readonly StepName[]> = {
  openAccount: ['openAccount'],
  recordNotified: ['recordNotified'],
  activateAccount: ['activateAccount'],
  closeAccount: closeReasons.map((reason) => `closeAccount ${reason}` as const),
  ...(sendingNames as Required<typeof sendingNames>),
};

/** The steps that only write. */
export const writingSteps = [
  'openAccount',
  'recordNotified',
  'activateAccount',
  'closeAccount',
] as const satisfies (keyof WritingSteps)[];

/** The name of a step, from the function of the port and what it is asked with. */
export function stepNameOf(step: keyof Steps, input: { purpose?: Purpose; reason?: CloseReason }): StepName {
  const about = input.purpose ?? input.reason;
  return (about === undefined ? step : `${step} ${about}`) as StepName;
}

/**
 * A fault that no retry can cure (our credentials, the provider's policy): parked at once instead of tried 150 times.
 * Named, so that it is recognised across process borders.
 */
export class PermanentFault extends Error {
  override name = 'PermanentFault';
}
