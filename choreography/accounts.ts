/**
 * The process as events, told by the accounts service. It knows its own entity, the names of events, and nothing of who
 * listens:
 *
 *   POST /signups ──▶ open account, set timers ────────────▶ account.opened
 *   email.sent.welcome, sms.(sent|undeliverable).welcome ──▶ both known? ─▶ account.notified
 *   email.undeliverable.welcome ──▶ close account ─────────▶ account.closed
 *   timer of 24 h, 72 h, 144 h: still pending? ────────────▶ account.left-unverified
 *   email.sent.reminder-… ──▶ count it
 *   timer of 7 days ──▶ close account ─────────────────────▶ account.closed
 *   click ──▶ activate account, delete timers ─────────────▶ account.activated
 *
 * What is known of a message comes by its channel, outcome and purpose. What follows from the events of this file is in
 * `notifications.ts`, and nowhere as a whole.
 */
import { z } from 'zod';
import { findAccount, personOf, type AccountRow, type AccountSteps } from '../activities/accounts.ts';
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { Fact } from '../domain/events.ts';
import {
  channels,
  forEachChannel,
  later,
  reminders,
  remindersAtFirst,
  type Channel,
} from '../domain/process.ts';
import type { DeliveryResult, Notified } from '../domain/signup.ts';
import type {
  AccountOpened,
  ActivateAccount,
  Answer,
  CloseAccount,
  OpenAccount,
  OpenRefusal,
} from '../domain/steps.ts';
import { reactionsWith } from '../messaging/reactions.ts';
import { resumeReaction, retellReaction } from '../messaging/requests.ts';
import { cancelTimers, setTimers } from '../messaging/timers.ts';

/** What a command answers, and the facts that its caller publishes in the same transaction. */
export type CommandResult<A> = { answer: A; facts: readonly Fact[] };

// #region open
/** Stage 1. Opens the account and sets its timers, in the transaction that also publishes: the answer to the customer needs no broker. */
export async function openSignup(
  steps: AccountSteps,
  transaction: Queryable,
  { signupId, style, at, ...person }: OpenAccount,
): Promise<CommandResult<Answer<AccountOpened, OpenRefusal>>> {
  const answer = await steps.openAccount(transaction, { signupId, style, at, ...person });
  if ('refused' in answer) {
    const { refused: refusal, message } = answer;
    return { answer, facts: [{ type: 'account.refused', data: { refusal, message } }] };
  }
  const { openedAt, verifyBy, verificationLink } = answer.ok;
  await setTimers(transaction, { signupId, style }, [
    ...reminders.map(({ purpose, afterMs }, index) => ({
      name: purpose,
      dueAt: later(openedAt, afterMs),
      about: { times: index + 1, of: reminders.length },
    })),
    { name: 'deadline', dueAt: verifyBy },
  ]);
  const data = { ...person, verificationLink, verifyBy };
  return { answer, facts: [{ type: 'account.opened', data }] };
}
// #endregion

// #region click
/**
 * Stage 3, from the click. Whether it comes before or after the welcome was recorded makes no difference. A click that is repeated
 * tells nothing: the outbox may have forgotten by then what the first one told.
 */
export async function click(
  steps: AccountSteps,
  transaction: Queryable,
  { signupId, at }: ActivateAccount,
): Promise<CommandResult<Answer<'activated', 'closed'>>> {
  const answer = await steps.activateAccount(transaction, { signupId, at });
  const account = await findAccount(transaction, signupId);
  const person = personOf(account);
  const isFirst = account?.activated_at === at;
  if ('refused' in answer || !person || !isFirst) return { answer, facts: [] };
  await cancelTimers(transaction, signupId);
  return { answer, facts: [{ type: 'account.activated', data: person }] };
}
// #endregion

const { reaction, timerReaction } = reactionsWith<AccountSteps>();

/**
 * What the accounts service listens to, and does then. A reaction runs once per event, in the transaction that also settles the event
 * and publishes what the reaction returns. `step` is what histories call it; a reaction that takes no step of the process has none.
 */
export const accountsReactions = [
  // #region join
  // Stage 2. The join: the mail has been sent, and the outcome of the SMS is known, whichever it is.
  reaction({
    queue: 'accounts.record-notified',
    step: 'recordNotified',
    on: ['email.sent.welcome', 'sms.sent.welcome', 'sms.undeliverable.welcome'],
    async react({ transaction, event, steps, at }): Promise<Fact[]> {
      const { subject: signupId, type, data } = event;
      // Cost 2 (choreography): two events, in any order and perhaps repeated, meet in one database row: a lock and what
      // is known so far, where the workflow awaits two promises.
      const result = type === 'message.sent' ? 'sent' : 'undeliverable';
      const notified = await noteWelcome(transaction, signupId, data.channel, result);
      if (notified?.email !== 'sent') return [];
      await steps.recordNotified(transaction, { signupId, at, ...notified });
      return [{ type: 'account.notified', data: notified }];
    },
  }),
  // #endregion

  // #region compensation
  // Stage 3, the other way it can go: compensation. The welcome cannot be unsent, the account can be closed.
  reaction({
    queue: 'accounts.close-undeliverable',
    step: 'closeAccount undeliverable',
    on: ['email.undeliverable.welcome'],
    react: ({ transaction, event, steps, at }) =>
      close(steps, transaction, { signupId: event.subject, at, reason: 'undeliverable' }),
  }),
  // #endregion

  // #region wait
  // Stage 3, the wait for the click. The timers were stored when the account was opened; the click deletes them.
  timerReaction({
    queue: 'accounts.leave-unverified',
    timers: reminders.map(({ purpose }) => purpose),
    async react({ transaction, event, steps }): Promise<Fact[]> {
      const signupId = event.subject;
      const account = await findAccount(transaction, signupId);
      const person = personOf(account);
      if (account?.status !== 'pending' || !person) return [];
      const verificationLink = steps.linkOf(signupId);
      const { times, of } = aboutReminder.parse(event.data.about);
      return [{ type: 'account.left-unverified', data: { ...person, verificationLink, times, of } }];
    },
  }),
  // #endregion
  // #region expired
  timerReaction({
    queue: 'accounts.close-expired',
    timers: ['deadline'],
    step: 'closeAccount expired',
    react: ({ transaction, event, steps, at }) =>
      close(steps, transaction, { signupId: event.subject, at, reason: 'expired' }),
  }),
  // #endregion

  // #region count
  // How many reminders were sent is shown with the account. That they were, only notifications knows.
  reaction({
    queue: 'accounts.count-reminders',
    on: ['email.sent.reminder-1', 'email.sent.reminder-2'],
    react: ({ transaction, event }) => countReminder(transaction, event),
  }),
  // In a queue of its own: the one above is also read by processes from before the third reminder, which would set such an event
  // aside as one that they cannot read.
  reaction({
    queue: 'accounts.count-third-reminder',
    on: ['email.sent.reminder-3'],
    react: ({ transaction, event }) => countReminder(transaction, event),
  }),
  // #endregion

  // An operator asks to try again what is parked; a service that was away, to publish again what it may have missed.
  resumeReaction('accounts.resume-parked'),
  retellReaction('accounts.retell'),
];

// #region close
/** Closes an account that is pending and deletes its timers. The loser of a race, which is refused, publishes nothing. */
async function close(steps: AccountSteps, transaction: Queryable, closed: CloseAccount): Promise<Fact[]> {
  const { signupId, reason } = closed;
  const closing = await steps.closeAccount(transaction, closed);
  const person = personOf(await findAccount(transaction, signupId));
  if ('refused' in closing || !person) return [];
  await cancelTimers(transaction, signupId);
  return [{ type: 'account.closed', data: { ...person, reason } }];
}
// #endregion

// #region about
/** What the timer of a reminder is about: its number, and of how many. Rows from before the third reminder lack `of`. */
const aboutReminder = z.object({ times: z.int(), of: z.int().default(remindersAtFirst) });
// #endregion

// Each reminder counts once, also where its event is told again after its delivery was forgotten.
const addReminder = statement(
  'add-reminder',
  `update accounts set reminders = reminders + 1, reminded = reminded || $2::text
   where signup_id = $1 and $2 <> all (reminded)`,
);

/** Counts a reminder that left. There is nothing to tell of it. */
async function countReminder(
  transaction: Queryable,
  { subject: signupId, data: { purpose } }: Envelope<'message.sent'>,
): Promise<Fact[]> {
  await addReminder(transaction, signupId, purpose);
  return [];
}

// The first outcome that is noted stays.
const addWelcome = statement<AccountRow & { welcome: Partial<Notified> }>(
  'add-welcome',
  `update accounts set welcome = jsonb_build_object($2::text, $3::text) || welcome
   where signup_id = $1 returning *`,
);

/**
 * Notes how a channel was reached. Says how all were, once that is known and not recorded yet: the row lock lets one event after the
 * other see what is known. A channel with nothing to send to is known from the start to be skipped.
 */
async function noteWelcome(
  transaction: Queryable,
  signupId: string,
  channel: Channel,
  result: DeliveryResult,
): Promise<Notified | undefined> {
  const [account] = await addWelcome(transaction, signupId, channel, result);
  if (!account || account.notified_at !== null) return undefined;
  const known = forEachChannel(
    (each) => account.welcome[each] ?? (account[channels[each].to] === null ? 'skipped' : undefined),
  );
  return Object.values(known).includes(undefined) ? undefined : (known as Notified);
}
