/**
 * The process as events, told by the accounts service. It knows its own entity, the names of events, and nothing of who
 * listens:
 *
 *   POST /signups ──▶ open account, set timers ─────▶ account.opened
 *   email.sent.welcome, sms.sent|undeliverable ─────▶ both known? ─▶ account.notified
 *   email.undeliverable.welcome ──▶ close account ──▶ account.closed
 *   timer of 24 h, 72 h, 144 h: still pending? ─────▶ account.left-unverified
 *   timer of 7 days ──▶ close account ──────────────▶ account.closed
 *   click ──▶ activate account, cancel timers ──────▶ account.activated
 *   an operator asks ───────────────────────────────▶ resume.requested
 *
 * What follows from these events is in `notifications.ts`, and nowhere as a whole.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { findAccount, personOf, type AccountSteps } from '../activities/accounts.ts';
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { Fact } from '../domain/events.ts';
import { later, reminders, remindersAtFirst } from '../domain/process.ts';
import type { DeliveryResult } from '../domain/signup.ts';
import type { AccountOpened, ActivateAccount, Answer, CloseAccount, OpenAccount } from '../domain/steps.ts';
import { reactionWith, type Reaction } from '../messaging/inbox.ts';
import { tell, type Transaction } from '../messaging/outbox.ts';
import { resumeReaction, retellReaction } from '../messaging/requests.ts';
import { cancelTimers, setTimers } from '../messaging/timers.ts';

const source = '/accounts';

// #region open
/** Stage 1. Opens the account, sets its timers and tells of it, in one transaction: the answer to the customer needs no broker. */
export async function openSignup(
  steps: AccountSteps,
  transaction: Transaction,
  request: OpenAccount,
): Promise<Answer<AccountOpened, 'email-taken' | 'closed'>> {
  const opening = await steps.openAccount(transaction, request);
  const { signupId, at, email, phone, name } = request;
  if ('refused' in opening) {
    const { refused: refusal, message } = opening;
    tell(transaction, { source, signupId, time: at }, [
      { type: 'account.refused', data: { refusal, message } },
    ]);
    return opening;
  }
  const { openedAt, verifyBy, verificationLink } = opening.ok;
  await setTimers(transaction, signupId, [
    ...reminders.map(({ purpose, afterMs }, index) => ({
      ...{ name: purpose, dueAt: later(openedAt, afterMs) },
      about: { times: index + 1, of: reminders.length },
    })),
    { name: 'deadline', dueAt: verifyBy },
  ]);
  tell(transaction, { source, signupId, time: openedAt }, [
    { type: 'account.opened', data: { email, phone, name, verificationLink, verifyBy } },
  ]);
  return opening;
}
// #endregion

/** Stage 3, from the click. Whether it comes before or after the welcome was recorded makes no difference. */
export async function click(
  steps: AccountSteps,
  transaction: Transaction,
  { signupId, at }: ActivateAccount,
): Promise<Answer<'activated', 'closed'>> {
  const activation = await steps.activateAccount(transaction, { signupId, at });
  const person = personOf(await findAccount(transaction, signupId));
  if ('ok' in activation && person) {
    await cancelTimers(transaction, signupId);
    tell(transaction, { source, signupId, time: at }, [{ type: 'account.activated', data: person }]);
  }
  return activation;
}

/** An operator wants what is parked tried again. Who has parked something is not known here: each service looks for itself. */
export function requestResume(transaction: Transaction, { signupId, at }: ActivateAccount): void {
  // Asked for twice, it is told twice: there may be something parked again by then.
  const about = { source, signupId, time: at, id: randomUUID() };
  tell(transaction, about, [{ type: 'resume.requested', data: {} }]);
}

const reaction = reactionWith<AccountSteps>();

/** What the accounts service listens to, and does then. */
export const accountsReactions: readonly Reaction<AccountSteps>[] = [
  // #region join
  // Stage 2. The join: the mail was sent, and the SMS is known either way.
  reaction({
    queue: 'accounts.record-notified',
    step: 'recordNotified',
    on: ['email.sent.welcome', 'sms.sent.welcome', 'sms.undeliverable.welcome'],
    async react(transaction, { type, subject: signupId }, { steps, at }): Promise<Fact[]> {
      // Cost 2 (choreography): two events that come in any order and perhaps twice meet in a row: a lock and two
      // flags, where the workflow awaits two promises.
      const known = await noteWelcome(transaction, signupId, channelOf[type], resultOf[type]);
      if (known?.welcome_email !== 'sent' || !known.welcome_sms || known.is_notified) return [];
      const reached = { email: known.welcome_email, sms: known.welcome_sms };
      await steps.recordNotified(transaction, { signupId, at, ...reached });
      return [{ type: 'account.notified', data: reached }];
    },
  }),
  // #endregion

  // #region compensation
  // Stage 2, the other way it can go: compensation. The welcome cannot be unsent, the account can be closed.
  reaction({
    queue: 'accounts.close-undeliverable',
    step: 'closeAccount undeliverable',
    on: ['email.undeliverable.welcome'],
    react: (transaction, { subject: signupId }, { steps, at }) =>
      close(steps, transaction, { signupId, at, reason: 'undeliverable' }),
  }),
  // #endregion

  // #region wait
  // Stage 3, the wait for the click. What is due was written down when the account was opened; the click takes it away.
  reaction({
    queue: 'accounts.leave-unverified',
    timers: reminders.map(({ purpose }) => purpose),
    on: ['timer.due'],
    async react(transaction, { subject: signupId, data: { about } }, { steps }): Promise<Fact[]> {
      const account = await findAccount(transaction, signupId);
      const person = personOf(account);
      if (account?.status !== 'pending' || !person) return [];
      const verificationLink = steps.linkOf(signupId);
      const { times, of } = leftUnverified.parse(about);
      return [{ type: 'account.left-unverified', data: { ...person, verificationLink, times, of } }];
    },
  }),
  reaction({
    queue: 'accounts.close-expired',
    step: 'closeAccount expired',
    timers: ['deadline'],
    on: ['timer.due'],
    react: (transaction, { subject: signupId }, { steps, at }) =>
      close(steps, transaction, { signupId, at, reason: 'expired' }),
  }),
  // #endregion

  // #region count
  // How many reminders left is shown with the account. That they left, only notifications knows.
  reaction({
    queue: 'accounts.count-reminders',
    on: ['email.sent.reminder-1', 'email.sent.reminder-2'],
    react: (transaction, { subject: signupId }) => count(transaction, signupId),
  }),
  // In a queue of its own: the one above is shared with processes from before there was a third, which would set it aside
  // as an event that they do not know.
  reaction({
    queue: 'accounts.count-third-reminder',
    on: ['email.sent.reminder-3'],
    react: (transaction, { subject: signupId }) => count(transaction, signupId),
  }),
  // #endregion

  resumeReaction('accounts.resume-parked'),
  retellReaction('accounts.retell'),
];

async function count(transaction: Queryable, signupId: string): Promise<[]> {
  await countReminder(transaction, signupId);
  return [];
}

/** Closes an account that is pending, takes its timers away and tells of it. Whoever comes too late says nothing. */
async function close(steps: AccountSteps, transaction: Queryable, closed: CloseAccount): Promise<Fact[]> {
  const { signupId, reason } = closed;
  const closing = await steps.closeAccount(transaction, closed);
  const person = personOf(await findAccount(transaction, signupId));
  if ('refused' in closing || !person) return [];
  await cancelTimers(transaction, signupId);
  return [{ type: 'account.closed', data: { ...person, reason } }];
}

// #region about
/** What the timer of a reminder is about: for the how manieth time, and of how many. Rows from before do not say of how many. */
const leftUnverified = z.object({ times: z.int(), of: z.int().default(remindersAtFirst) });
// #endregion

const countReminder = statement(
  'count-reminder',
  'update accounts set reminders = reminders + 1 where signup_id = $1',
);

const channelOf = {
  'email.sent.welcome': 'email',
  'sms.sent.welcome': 'sms',
  'sms.undeliverable.welcome': 'sms',
} as const;
const resultOf = {
  'email.sent.welcome': 'sent',
  'sms.sent.welcome': 'sent',
  'sms.undeliverable.welcome': 'undeliverable',
} as const;

const noteEmail = noteStatement('email');
const noteSms = noteStatement('sms');
type Known = {
  welcome_email: DeliveryResult | null;
  welcome_sms: DeliveryResult | null;
  is_notified: boolean;
};

/** Notes one half of the join and returns both; the row lock lets one event after the other see what is known. */
async function noteWelcome(
  transaction: Queryable,
  signupId: string,
  channel: 'email' | 'sms',
  result: DeliveryResult,
): Promise<Known | undefined> {
  const [known] = await (channel === 'email' ? noteEmail : noteSms)(transaction, signupId, result);
  return known;
}

/** Without a phone number the SMS is known from the start: skipped. */
function noteStatement(channel: 'email' | 'sms') {
  return statement<Known>(
    `note-welcome-${channel}`,
    `update accounts set welcome_${channel} = coalesce(welcome_${channel}, $2)
     where signup_id = $1
     returning welcome_email, case when phone is null then 'skipped' else welcome_sms end as welcome_sms,
               notified_at is not null as is_notified`,
  );
}
