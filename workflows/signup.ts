/**
 * The process as code: read it from top to bottom.
 *
 *   open account ─┬─▶ welcome mail ─┬─▶ record notified
 *                 ├─▶ welcome SMS ──┘
 *                 └─▶ wait for the click, with reminders ─▶ activate, tell by mail
 *                       no click in time ───────────────▶ close account, tell by mail
 *                       welcome mail undeliverable ─────▶ close account, tell by SMS
 *
 * Refusals are values and branch; faults are retried, and then parked, below this file in `steps.ts`.
 */
import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import { later, retryPolicy, type CloseReason, type Reminder } from '../domain/process.ts';
import type { AccountOpened } from '../domain/steps.ts';
import { compensations } from './compensations.ts';
import { openedUpdate, resumeSignal, statusQuery, verifySignal } from './protocol.ts';
import type { Opened, SignupEnd, SignupStart } from './protocol.ts';
import { progress } from './progress.ts';
import { scheduleOfSignup } from './rules.ts';
import { parkableSteps } from './steps.ts';
import { asides, conditionBefore } from './waiting.ts';

// Cost 3 (orchestration): this is not quite ordinary code. It is replayed from its history, so it may use no clock, no
// randomness and no library that does, is bundled apart from the rest, and changes under way need versioning.
export async function signup({ signupId, request, retry = retryPolicy }: SignupStart): Promise<SignupEnd> {
  // Asked at the first statement: a signup goes by the rule that it was started with, to its end.
  const schedule = scheduleOfSignup();
  const { style, ...person } = request;
  const now = () => new Date().toISOString();
  const shown = progress();
  const { steps, parked, resume } = parkableSteps(retry, shown.park);
  const undo = compensations<CloseReason>();
  const { beside, allDone } = asides();
  let opening: Opened['opening'] | undefined;
  let clicked = false;
  let undeliverable = false;

  setHandler(openedUpdate, async () => {
    await condition(() => opening !== undefined);
    return { request, opening: opening! };
  });
  setHandler(verifySignal, () => void (clicked = true));
  setHandler(resumeSignal, resume);
  setHandler(statusQuery, () => ({ status: shown.current(), parked }));

  try {
    // #region open
    // Stage 1. The undo is registered before the step: it must run even when nobody knows whether the step did.
    undo.register((reason) => steps.closeAccount({ signupId, at: now(), reason }));
    opening = await steps.openAccount({ signupId, style, at: now(), ...person });
    if ('refused' in opening) return shown.refuse(opening);
    shown.pending(opening.ok.verifyBy);

    // Stage 2, beside the wait for the click: a provider that is down delays nobody who has the link already.
    beside(welcome(opening.ok));
    const decision = await waitForClick(opening.ok);
    // #endregion

    // Stage 3, the click.
    if (decision === 'clicked') {
      const activation = await steps.activateAccount({ signupId, at: now() });
      // Refused only where an operator has closed the account meanwhile: nothing is left to undo.
      const outcome = 'refused' in activation ? 'cancelled' : 'activated';
      shown.enter(outcome);
      if (outcome === 'activated') await steps.sendEmail({ signupId, purpose: 'activated', ...person });
      await allDone();
      return shown.end(outcome);
    }

    // Stage 3, the other ways it can go: compensation. What was sent cannot be unsent, the account can be closed.
    await undo.run(decision);
    shown.enter(decision);
    if (decision === 'expired') await steps.sendEmail({ signupId, purpose: 'expired', ...person });
    else await steps.sendSms({ signupId, purpose: 'closed', phone: person.phone });
    await allDone();
    return shown.end(decision);
  } catch (error) {
    // Cost 4 (orchestration): a cancellation is compensated here, but `terminate` ends a workflow without running anything:
    // the account then stays pending, and its address taken, until somebody closes it.
    // Cancelled from outside. An account that is active by then stays active: `closeAccount` loses that race.
    if (isCancellation(error)) {
      await undo.run('cancelled');
      shown.cancel();
    }
    throw error;
  }

  // #region join
  /** Both channels at once; recorded once the mail was sent and the SMS is known either way. */
  async function welcome({ verificationLink }: AccountOpened): Promise<void> {
    const [email, sms] = await Promise.all([
      steps.sendEmail({ signupId, purpose: 'welcome', verificationLink, ...person }).then((answer) => {
        undeliverable = 'refused' in answer;
        return answer;
      }),
      steps.sendSms({ signupId, purpose: 'welcome', phone: person.phone }),
    ]);
    if ('refused' in email || email.ok !== 'sent') return;
    if ('ok' in sms && sms.ok === 'superseded') return;
    const reached = 'refused' in sms ? 'undeliverable' : sms.ok === 'sent' ? 'sent' : 'skipped';
    await steps.recordNotified({ signupId, at: now(), email: 'sent', sms: reached });
  }
  // #endregion

  // #region wait
  /** Waits for days, if need be: reminds, beside the wait, and gives up at the deadline. */
  async function waitForClick(opened: AccountOpened): Promise<'clicked' | 'undeliverable' | 'expired'> {
    const isDecided = () => clicked || undeliverable;
    for (const { purpose, afterMs } of schedule) {
      if (await conditionBefore(later(opened.openedAt, afterMs), purpose, isDecided)) break;
      beside(remind(purpose, opened.verificationLink));
    }
    await conditionBefore(opened.verifyBy, 'deadline', isDecided);
    return clicked ? 'clicked' : undeliverable ? 'undeliverable' : 'expired';
  }
  // #endregion

  async function remind(purpose: Reminder, verificationLink: string): Promise<void> {
    const isLast = purpose === schedule.at(-1)?.purpose;
    const answer = await steps.sendEmail({ signupId, purpose, isLast, verificationLink, ...person });
    if ('ok' in answer && answer.ok === 'sent') shown.reminded();
  }
}
