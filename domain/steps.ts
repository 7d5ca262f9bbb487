/**
 * The steps of the process, as a port: what either coordinator may ask for, and what it is answered. A business no is
 * a value (`refused`); whatever is thrown is a fault and is tried again by the coordinator. Every step may be repeated:
 * it is idempotent by signup id and purpose. No step reads the clock: `at` is the coordinator's time.
 */
import type { CloseReason, DeliveryResult, Style } from './signup.ts';

/** A step's answer where the business says no: `refused` is a stable code, `message` is for people. */
export type Refused<Code extends string> = { refused: Code; message: string };

/** A step's answer: what was done, or a refusal. */
export type Answer<Done, Code extends string = never> = { ok: Done } | Refused<Code>;

/** What a mail or an SMS is for. Each is sent once per signup and channel. */
export type Purpose = 'welcome' | Reminder | 'activated' | 'expired' | 'closed';

/** A reminder that the link was not clicked yet. */
export type Reminder = 'reminder-1' | 'reminder-2' | 'reminder-3';

/** Who signs up, as the steps need to know it. */
export type Person = { email: string; phone?: string | undefined; name?: string | undefined };

export type OpenAccount = { signupId: string; style: Style; at: string } & Person;
export type AccountOpened = { openedAt: string; verifyBy: string; verificationLink: string };
export type SendEmail = {
  signupId: string;
  purpose: Purpose;
  email: string;
  name?: string | undefined;
  verificationLink?: string | undefined;
  /** Whether this reminder is the last of its signup. Those who do not say know of two: the second is. */
  isLast?: boolean;
};
export type SendSms = { signupId: string; purpose: Purpose; phone?: string | undefined };
export type RecordNotified = { signupId: string; at: string; email: DeliveryResult; sms: DeliveryResult };
export type ActivateAccount = { signupId: string; at: string };
export type CloseAccount = { signupId: string; at: string; reason: CloseReason };

/** How an attempt to send ended without a refusal; `superseded` = the signup had moved on, nothing was sent. */
export type Sent = 'sent' | 'no-phone' | 'superseded';

/** A step as histories, lists and logs name it: the same on both sides. */
export type StepName =
  | 'openAccount'
  | 'recordNotified'
  | 'activateAccount'
  | `closeAccount ${CloseReason}`
  | `sendEmail ${Purpose}`
  | `sendSms ${Purpose}`;

/** The name of a step, from the function of the port that it is and what that was asked with. */
export function stepNameOf(type: string, input: { purpose?: string; reason?: string }): string {
  return [type, input.purpose ?? input.reason].filter((part) => part !== undefined).join(' ');
}

/** The steps, by the names that histories, logs and both process files use. */
export type Steps = {
  /** Opens a pending account. The address must be free among pending and active accounts, whatever its case. */
  openAccount(input: OpenAccount): Promise<Answer<AccountOpened, 'email-taken' | 'closed'>>;
  /** Sends one mail. At most one duplicate per crash or lost answer of the provider. */
  sendEmail(input: SendEmail): Promise<Answer<Sent, 'undeliverable'>>;
  /** Sends one SMS, with the same promise. */
  sendSms(input: SendSms): Promise<Answer<Sent, 'undeliverable'>>;
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

/**
 * A fault that no retry can cure (our credentials, the provider's policy): parked at once instead of tried 150 times.
 * Named, so that it is recognised across process borders.
 */
export class PermanentFault extends Error {
  override name = 'PermanentFault';
}
