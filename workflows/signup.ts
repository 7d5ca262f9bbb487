/**
 * The process as code: read it from top to bottom.
 *
 *   open account ─┬─▶ welcome mail ─┬─▶ record notified
 *                 ├─▶ welcome SMS ──┘
 *                 └─▶ wait for the click, with reminders ─▶ activate, tell by mail
 *                       no click in time ───────────────▶ close account, tell by mail
 *                       welcome mail undeliverable ─────▶ close account, tell by SMS
 *
 * What a step refuses is a value and branches here. Its faults are retried and, after the last attempt, the step is parked: it waits
 * for an operator to resume it (`workflows/steps.ts`).
 */
import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import { later, retryPolicy, type CloseReason, type Reminder } from '../domain/process.ts';
import type { AccountOpened, SendAnswer } from '../domain/steps.ts';
import { compensations } from './compensations.ts';
import { openedUpdate, resumeSignal, statusQuery, verifySignal } from './protocol.ts';
import type { Opening, SignupEnd, SignupStart } from './protocol.ts';
import { startProgress } from './progress.ts';
import { reminderSchedule } from './rules.ts';
import { stepsWithParking } from './steps.ts';
import { background, conditionBefore } from './waiting.ts';

// Cost 3 (orchestration): this is not quite ordinary code. It is replayed from its history, so it may use no clock but the
// workflow's own (which is what `Date` is here), no randomness and no library that does, is bundled apart from the rest, and
// changes under way need versioning.
export async function signup({ signupId, request, retry = retryPolicy }: SignupStart): Promise<SignupEnd> {
  // The first statement: a signup keeps, to its end, the reminders that it was started with.
  const schedule = reminderSchedule();
  const { style, ...person } = request;
  const now = () => new Date().toISOString();
  const progress = startProgress();
  const { steps, parked, resume } = stepsWithParking(retry, progress.park);
  const undo = compensations<CloseReason>();
  const { inBackground, backgroundDone } = background();
  let opening: Opening | undefined;
  let clicked = false;
  let undeliverable = false;

  // The answer to `POST /signups` waits here.
  setHandler(openedUpdate, async () => {
    await condition(() => opening !== undefined);
    return { request, opening: opening! };
  });
  setHandler(verifySignal, () => void (clicked = true));
  setHandler(resumeSignal, resume);
  setHandler(statusQuery, () => ({ status: progress.status(), parked }));

  try {
    // #region open
    // Stage 1. The undo is registered before the step: it must run even when it is not known whether the step did.
    undo.register((reason) => steps.closeAccount({ signupId, at: now(), reason }));
    opening = await steps.openAccount({ signupId, style, at: now(), ...person });
    if ('refused' in opening) {
      progress.enter('refused');
      return { outcome: 'refused', ...opening };
    }
    progress.pending(opening.ok.verifyBy);

    // Stage 2, beside the wait for the click: an SMS provider that is down does not hold up a customer who has the mail.
    inBackground(welcome(opening.ok));
    const decision = await waitForClick(opening.ok);
    // #endregion

    // #region click
    // Stage 3, the click.
    if (decision === 'clicked') {
      const activation = await steps.activateAccount({ signupId, at: now() });
      // Refused only where an operator has closed the account in the database: there is nothing to undo, or to tell.
      const outcome = 'refused' in activation ? 'cancelled' : 'activated';
      progress.enter(outcome);
      if (outcome === 'activated') await steps.sendEmail({ signupId, purpose: 'activated', ...person });
      await backgroundDone();
      return { outcome };
    }
    // #endregion

    // #region compensation
    // Stage 3, the other ways it can go: compensation. What was sent cannot be unsent, the account can be closed.
    const outcome = (await undo.run(decision)) ? decision : 'cancelled';
    progress.enter(outcome);
    if (outcome === 'expired') await steps.sendEmail({ signupId, purpose: 'expired', ...person });
    if (outcome === 'undeliverable')
      await steps.sendSms({ signupId, purpose: 'closed', phone: person.phone });
    await backgroundDone();
    return { outcome };
    // #endregion
  } catch (error) {
    // #region cancel
    // Cost 4 (orchestration): a cancellation is compensated here, but `terminate` ends a workflow without running anything:
    // the account then stays pending, and its address taken, until an operator closes it.
    if (isCancellation(error) && (await undo.run('cancelled'))) progress.enter('cancelled');
    throw error;
    // #endregion
  }

  // #region join
  /** Both channels at once; recorded once the mail has been sent and the outcome of the SMS is known, whichever it is. */
  async function welcome({ verificationLink }: AccountOpened): Promise<void> {
    const [email, sms] = await Promise.all([
      steps.sendEmail({ signupId, purpose: 'welcome', verificationLink, ...person }).then((answer) => {
        undeliverable = outcomeOf(answer) === 'undeliverable';
        return outcomeOf(answer);
      }),
      steps.sendSms({ signupId, purpose: 'welcome', phone: person.phone }).then(outcomeOf),
    ]);
    // An undeliverable mail closes the account instead. Superseded: the signup had moved on, so nothing was sent any more.
    if (email !== 'sent' || sms === 'superseded') return;
    await steps.recordNotified({ signupId, at: now(), email, sms });
  }
  // #endregion

  // #region wait
  /** Waits for days, if need be: reminds, beside the wait, and gives up at the deadline. A click that comes with it wins. */
  async function waitForClick(opened: AccountOpened): Promise<'clicked' | 'undeliverable' | 'expired'> {
    const isDecided = () => clicked || undeliverable;
    for (const { purpose, afterMs } of schedule) {
      if (await conditionBefore(isDecided, later(opened.openedAt, afterMs), purpose)) break;
      inBackground(remind(purpose, opened.verificationLink));
    }
    await conditionBefore(isDecided, opened.verifyBy, 'deadline');
    return clicked ? 'clicked' : undeliverable ? 'undeliverable' : 'expired';
  }
  // #endregion

  // #region remind
  async function remind(purpose: Reminder, verificationLink: string): Promise<void> {
    const isLast = purpose === schedule.at(-1)?.purpose;
    const answer = await steps.sendEmail({ signupId, purpose, isLast, verificationLink, ...person });
    if (outcomeOf(answer) === 'sent') progress.reminded();
  }
  // #endregion
}

const outcomeOf = (answer: SendAnswer) => ('refused' in answer ? answer.refused : answer.ok);
