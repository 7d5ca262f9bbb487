/**
 * The process as events, told by the notifications service. It sends what an event calls for and tells what became of it:
 *
 *   account.opened ────▶ welcome mail ──▶ email.sent.welcome | email.undeliverable.welcome
 *                  └───▶ welcome SMS ───▶ sms.sent.welcome | sms.undeliverable.welcome
 *   account.left-unverified ─▶ reminder ▶ email.sent.reminder-1 | email.undeliverable.reminder-1
 *   account.activated ─▶ mail ──────────▶ email.sent.activated | email.undeliverable.activated
 *   account.closed ────▶ mail, if expired ──▶ email.sent.expired | email.undeliverable.expired
 *                  └───▶ SMS, if undeliverable ▶ sms.sent.closed | sms.undeliverable.closed
 *
 * or that there was no need to: email.skipped.…, sms.skipped.….
 *
 * Who listens, and what an account does next, is not known here.
 */
// Cost 5 (choreography): what comes next is written nowhere. Who wants to know reads every service's reactions, or a diagram
// that somebody keeps up to date.
import type { Attempt, NotificationSteps } from '../activities/notifications.ts';
import type { Queryable } from '../adapters/postgres.ts';
import type { Envelope, Fact } from '../domain/events.ts';
import { skippedBecause } from '../domain/history.ts';
import type { Reminder, StepName } from '../domain/steps.ts';
import { keptForRepetitionDays, removalOfOld } from '../messaging/housekeeping.ts';
import { reactionWith, type Reaction } from '../messaging/inbox.ts';
import { resumeReaction, retellReaction } from '../messaging/requests.ts';

const reaction = reactionWith<NotificationSteps>();

/** What the notifications service listens to, and does then. */
export const notificationsReactions: readonly Reaction<NotificationSteps>[] = [
  // #region welcome
  reaction({
    queue: 'notifications.send-welcome-email',
    step: 'sendEmail welcome',
    on: ['account.opened'],
    before: ({ subject: signupId, data }, steps) =>
      steps.sendEmail({ signupId, purpose: 'welcome', ...data }),
    react: recordAndTell,
  }),
  reaction({
    queue: 'notifications.send-welcome-sms',
    step: 'sendSms welcome',
    on: ['account.opened'],
    before: ({ subject: signupId, data }, steps) =>
      steps.sendSms({ signupId, purpose: 'welcome', phone: data.phone }),
    react: recordAndTell,
  }),
  // #endregion
  // #region reminder
  reaction({
    queue: 'notifications.send-reminder-email',
    step: ({ data: { times } }) => `sendEmail reminder-${times}` as StepName,
    on: ['account.left-unverified'],
    before: ({ subject: signupId, data: { times, of, ...data } }, steps) =>
      steps.sendEmail({ signupId, purpose: `reminder-${times}` as Reminder, isLast: times >= of, ...data }),
    react: recordAndTell,
  }),
  // #endregion
  reaction({
    queue: 'notifications.send-activated-email',
    step: 'sendEmail activated',
    on: ['account.activated'],
    before: ({ subject: signupId, data }, steps) =>
      steps.sendEmail({ signupId, purpose: 'activated', ...data }),
    react: recordAndTell,
  }),
  // Two queues hear of a closed account. Why it was closed decides which of them has something to say.
  reaction({
    queue: 'notifications.send-expired-email',
    step: 'sendEmail expired',
    on: ['account.closed'],
    before: async ({ subject: signupId, data: { reason, ...data } }, steps) =>
      reason === 'expired' ? steps.sendEmail({ signupId, purpose: 'expired', ...data }) : undefined,
    react: recordAndTell,
  }),
  reaction({
    queue: 'notifications.send-closed-sms',
    step: 'sendSms closed',
    on: ['account.closed'],
    before: async ({ subject: signupId, data: { reason, phone } }, steps) =>
      reason === 'undeliverable' ? steps.sendSms({ signupId, purpose: 'closed', phone }) : undefined,
    react: recordAndTell,
  }),
  resumeReaction('notifications.resume-parked'),
  retellReaction('notifications.retell'),
];

/** Records what became of a message, and tells it. */
async function recordAndTell(
  transaction: Queryable,
  _: Envelope,
  { steps, prepared: attempt }: { steps: NotificationSteps; prepared: Attempt | undefined },
): Promise<Fact[]> {
  if (!attempt) return [];
  const { signupId, purpose, channel } = attempt;
  const answer = await steps.record(transaction, attempt);
  const messageId = `${signupId}.${purpose}`;
  if ('refused' in answer) {
    const data = { messageId, reason: answer.message };
    return [{ type: `${channel}.undeliverable.${purpose}`, data } as Fact];
  }
  if (answer.ok === 'sent') return [{ type: `${channel}.sent.${purpose}`, data: { messageId } } as Fact];
  const data = { messageId, reason: skippedBecause[answer.ok] };
  return [{ type: `${channel}.skipped.${purpose}`, data } as Fact];
}

/** What the notifications service removes besides its events: what it knows of messages, and of signups, that nothing can repeat any more. */
export const removalsOfOldNotifications = [
  removalOfOld('sends', 'claimed_at', { where: "state <> 'claimed'", days: keptForRepetitionDays }),
  removalOfOld('stages', 'reached_at', { days: keptForRepetitionDays }),
];
