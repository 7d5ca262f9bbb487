/**
 * The process as code: read it from top to bottom.
 *
 *   open account ─┬─▶ welcome mail ─┬─▶ record notified ─┐
 *                 ├─▶ welcome SMS ──┘                    ├─▶ activated
 *                 └─▶ wait for the click ─▶ activate ────┘
 *                       mail undeliverable ─▶ close account, tell by SMS
 *
 * Refusals are values and branch; faults are retried, and then parked, below this file in `steps.ts`.
 */
import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import { retryPolicy } from '../domain/process.ts';
import type { CloseReason } from '../domain/signup.ts';
import { compensations } from './compensations.ts';
import { openedUpdate, resumeSignal, statusQuery, verifySignal } from './messages.ts';
import type { Opened, SignupEnd, SignupStart } from './messages.ts';
import { progress } from './progress.ts';
import { parkableSteps } from './steps.ts';

// Cost 3 (orchestration): this is not quite ordinary code. It is replayed from its history, so it may use no clock, no
// randomness and no library that does, is bundled apart from the rest, and changes under way need versioning.
export async function signup({ signupId, request, retry = retryPolicy }: SignupStart): Promise<SignupEnd> {
  const { style, ...person } = request;
  const now = () => new Date().toISOString();
  const shown = progress();
  const { steps, parked, resume } = parkableSteps(retry, shown.park);
  const undo = compensations<CloseReason>();
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
    // #region process
    // Stage 1. The undo is registered before the step: it must run even when nobody knows whether the step did.
    undo.register((reason) => steps.closeAccount({ signupId, at: now(), reason }));
    opening = await steps.openAccount({ signupId, style, at: now(), ...person });
    if ('refused' in opening) return shown.end('refused', opening.message);
    shown.pending(opening.ok.verifyBy);

    // Stage 2, beside the wait for the click: a provider that is down delays nobody who has the link already.
    const welcomed = welcome(opening.ok.verificationLink);
    welcomed.catch(() => {}); // awaited below; until then a cancellation must not count as unhandled
    await condition(() => clicked || undeliverable);

    // Stage 3, the click.
    if (clicked) {
      const activation = await steps.activateAccount({ signupId, at: now() });
      if ('ok' in activation) {
        shown.enter('activated');
        await steps.sendEmail({ signupId, purpose: 'activated', ...person });
        await welcomed;
        return shown.end('activated');
      }
    }

    // Stage 3, the other way it can go: compensation. The welcome cannot be unsent, the account can be closed.
    await undo.run('undeliverable');
    shown.enter('undeliverable');
    await steps.sendSms({ signupId, purpose: 'closed', phone: person.phone });
    await welcomed;
    return shown.end('undeliverable');
    // #endregion
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
  async function welcome(verificationLink: string): Promise<void> {
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
}
