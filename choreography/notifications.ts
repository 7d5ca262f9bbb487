/**
 * The process as events, told by the notifications service. It sends what an event calls for and publishes what became of it:
 *
 *   account.opened ────▶ welcome mail ──▶ email.sent.welcome | email.undeliverable.welcome
 *                  └───▶ welcome SMS ───▶ sms.sent.welcome | sms.undeliverable.welcome
 *   account.left-unverified ─▶ reminder ▶ email.sent.reminder-1 | email.undeliverable.reminder-1
 *   account.activated ─▶ mail ──────────▶ email.sent.activated | email.undeliverable.activated
 *   account.closed ────▶ mail, if expired ──▶ email.sent.expired | email.undeliverable.expired
 *                  └───▶ SMS, if undeliverable ▶ sms.sent.closed | sms.undeliverable.closed
 *
 * A message that has no address, or comes too late, is email.skipped.… or sms.skipped.…. Who listens, and what an account does next, is
 * not known here.
 */
// Cost 5 (choreography): what comes next is written nowhere. To know it, read every service's reactions, or a diagram that is kept
// up to date by hand.
import type { NotificationSteps } from '../activities/notifications.ts';
import type { Attempt } from '../activities/sends.ts';
import type { Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { EventKey, Fact, TypeOf } from '../domain/events.ts';
import { skippedBecause } from '../domain/history.ts';
import { reminders, sendStep, type Reminder } from '../domain/process.ts';
import { keptForRepetitionDays, removalOfOld } from '../messaging/housekeeping.ts';
import { reactionsWith, type Reaction } from '../messaging/reactions.ts';
import { resumeReaction, retellReaction } from '../messaging/requests.ts';

const { reaction } = reactionsWith<NotificationSteps>();

/** What the notifications service listens to, and sends then. `step` is what histories call it. */
export const notificationsReactions: readonly Reaction<NotificationSteps>[] = [
  // #region welcome
  sending({
    queue: 'notifications.send-welcome-email',
    step: 'sendEmail welcome',
    on: ['account.opened'],
    send: ({ subject: signupId, data }, steps) => steps.sendEmail({ signupId, purpose: 'welcome', ...data }),
  }),
  // #endregion
  // #region welcome-sms
  sending({
    queue: 'notifications.send-welcome-sms',
    step: 'sendSms welcome',
    on: ['account.opened'],
    send: ({ subject: signupId, data: { phone } }, steps) =>
      steps.sendSms({ signupId, purpose: 'welcome', phone }),
  }),
  // #endregion
  // #region reminder
  sending({
    queue: 'notifications.send-reminder-email',
    step: ({ data: { times } }) => sendStep('email', reminderOf(times)),
    on: ['account.left-unverified'],
    send: ({ subject: signupId, data: { times, of, ...data } }, steps) =>
      steps.sendEmail({ signupId, purpose: reminderOf(times), isLast: times >= of, ...data }),
  }),
  // #endregion
  // #region activated
  sending({
    queue: 'notifications.send-activated-email',
    step: 'sendEmail activated',
    on: ['account.activated'],
    send: ({ subject: signupId, data }, steps) =>
      steps.sendEmail({ signupId, purpose: 'activated', ...data }),
  }),
  // #endregion
  // Two queues hear of a closed account. Why it was closed decides which of them has something to say.
  // #region expired
  sending({
    queue: 'notifications.send-expired-email',
    step: 'sendEmail expired',
    on: ['account.closed'],
    send: async ({ subject: signupId, data: { reason, ...data } }, steps) =>
      reason === 'expired' ? steps.sendEmail({ signupId, purpose: 'expired', ...data }) : undefined,
  }),
  // #endregion
  // #region closed
  sending({
    queue: 'notifications.send-closed-sms',
    step: 'sendSms closed',
    on: ['account.closed'],
    send: async ({ subject: signupId, data: { reason, phone } }, steps) =>
      reason === 'undeliverable' ? steps.sendSms({ signupId, purpose: 'closed', phone }) : undefined,
  }),
  // #endregion
  // An operator asks to try again what is parked; a service that was away, to publish again what it may have missed.
  resumeReaction('notifications.resume-parked'),
  retellReaction('notifications.retell'),
];

/**
 * A reaction that sends what an event calls for, if anything. The provider is called before the transaction that records and publishes
 * what became of it.
 */
function sending<K extends EventKey>({
  send,
  ...declared
}: Pick<Reaction<NotificationSteps, K>, 'queue' | 'step' | 'on'> & {
  send: (event: Envelope<TypeOf<K>>, steps: NotificationSteps) => Promise<Attempt | undefined>;
}): Reaction<NotificationSteps> {
  return reaction<K, Attempt | undefined>({
    ...declared,
    prepare: ({ event, steps }) => send(event, steps),
    react: async ({ transaction, steps, prepared }) =>
      prepared ? [await record(steps, transaction, prepared)] : [],
  });
}

/** Records what became of a message, and returns it as a fact. */
async function record(steps: NotificationSteps, transaction: Queryable, attempt: Attempt): Promise<Fact> {
  const { signupId, purpose, channel } = attempt;
  const answer = await steps.record(transaction, attempt);
  const data = { messageId: `${signupId}.${purpose}`, channel, purpose };
  if ('refused' in answer)
    return { type: 'message.undeliverable', data: { ...data, reason: answer.message } };
  if (answer.ok === 'sent') return { type: 'message.sent', data };
  return { type: 'message.skipped', data: { ...data, reason: skippedBecause[answer.ok] } };
}

/** The reminder of a number. A later version may have more: its event is tried again until this service is updated. */
function reminderOf(times: number): Reminder {
  const reminder = reminders[times - 1];
  if (!reminder) throw new Error(`a reminder number ${times} is not known here`);
  return reminder.purpose;
}

/**
 * The rows that the notifications service removes once no repetition can need them: `sends` has one per message, `stages` how far a
 * signup has come, by which a message that comes too late is superseded.
 */
export const removalsOfOldNotifications = [
  removalOfOld('sends', 'claimed_at', { where: "state <> 'claimed'", days: keptForRepetitionDays }),
  removalOfOld('stages', 'reached_at', { days: keptForRepetitionDays }),
];
