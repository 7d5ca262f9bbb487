/**
 * The process as a caller waits for it, without a thread: read it from top to bottom.
 *
 *   open account ─┬─▶ welcome mail ─┬─▶ record notified
 *                 └─▶ welcome SMS ──┴─▶ undeliverable: close account, tell by SMS
 *
 * No thread is held at an `await`. A fault of a step that is not given up ends the process, which may be run again: each step is
 * idempotent. What is due after the answer, days later, is not told here.
 */
import type { SendAnswer } from '../domain/steps.ts';
import type { CalledSteps, Click, ClickEnded, Compensate, SignedUp, SignUp } from './steps.ts';

/** Signs up: answers once both channels are served. */
export async function signUp(steps: CalledSteps, { signupId, style, ...person }: SignUp): Promise<SignedUp> {
  // #region open
  const opening = await steps.openAccount({ signupId, style, ...person });
  if ('refused' in opening) return opening;

  // Cost 1 (synchronous-reactive): both are sent at once and no thread is held, and yet the caller waits for the slower of the two providers.
  const { verificationLink } = opening.ok;
  const [email, sms] = await Promise.all([
    steps.sendEmail({ signupId, purpose: 'welcome', verificationLink, ...person }),
    orGivenUp(steps.sendSms({ signupId, purpose: 'welcome', phone: person.phone })),
  ]);
  // #endregion

  // Compensation within the request: the caller learns of it at once.
  if ('refused' in email) {
    await compensate(steps, { signupId, phone: person.phone });
    return email;
  }
  // #region record
  // Superseded: a request that was repeated comes after the signup had moved on.
  const smsResult = 'refused' in sms ? sms.refused : sms.ok;
  if (email.ok === 'superseded' || smsResult === 'superseded') return opening;
  await steps.recordNotified({ signupId, email: email.ok, sms: smsResult });
  // #endregion
  return opening;
}

// #region compensation
/** Compensates: closes the account, and tells of it by SMS. Run again, it does what was left of that. */
export async function compensate(steps: CalledSteps, { signupId, phone }: Compensate): Promise<void> {
  const closing = await steps.closeAccount({ signupId, reason: 'undeliverable' });
  if ('ok' in closing) await orGivenUp(steps.sendSms({ signupId, purpose: 'closed', phone }));
}
// #endregion

// #region click
/** Acts on a click: activates the account, and tells by mail. */
export async function click(steps: CalledSteps, { signupId, ...person }: Click): Promise<ClickEnded> {
  const activation = await steps.activateAccount({ signupId });
  if ('ok' in activation) await orGivenUp(steps.sendEmail({ signupId, purpose: 'activated', ...person }));
  return activation;
}
// #endregion

/** Sends what the process does not depend on: a message that is faulted to the last attempt is lost, as no step comes back to it. */
function orGivenUp(sending: Promise<SendAnswer>): Promise<SendAnswer | { ok: 'failed' }> {
  return sending.catch(() => ({ ok: 'failed' }));
}
