/**
 * The process as a caller waits for it, in a thread of its own: read it from top to bottom.
 *
 *   open account ─▶ welcome mail ─▶ welcome SMS ─┬─▶ record notified
 *                                                └─▶ undeliverable: close account, tell by SMS
 *
 * There is no `await`: every call stands still until its answer is there. A fault of a step that is not given
 * up ends the process, which may be run again: each step is idempotent.
 */
import type { SendAnswer } from '../domain/steps.ts';
import type { Blocking, CalledSteps, Click, ClickEnded, Compensate, SignedUp, SignUp } from './steps.ts';

/** Signs up: answers once both channels are served. */
export function signUp(steps: Blocking<CalledSteps>, { signupId, style, ...person }: SignUp): SignedUp {
  // #region open
  const opening = steps.openAccount({ signupId, style, ...person });
  if ('refused' in opening) return opening;

  // One after the other: to send both at once would take a second thread.
  const { verificationLink } = opening.ok;
  const email = steps.sendEmail({ signupId, purpose: 'welcome', verificationLink, ...person });
  const sms = orGivenUp(() => steps.sendSms({ signupId, purpose: 'welcome', phone: person.phone }));
  // #endregion

  // Compensation within the request: the caller learns of it at once.
  if ('refused' in email) {
    compensate(steps, { signupId, phone: person.phone });
    return email;
  }
  // #region record
  // Superseded: a request that was repeated comes after the signup had moved on.
  const smsResult = 'refused' in sms ? sms.refused : sms.ok;
  if (email.ok === 'superseded' || smsResult === 'superseded') return opening;
  steps.recordNotified({ signupId, email: email.ok, sms: smsResult });
  // #endregion
  return opening;
}

// #region compensation
/** Compensates: closes the account, and tells of it by SMS. Run again, it does what was left of that. */
export function compensate(steps: Blocking<CalledSteps>, { signupId, phone }: Compensate): void {
  const closing = steps.closeAccount({ signupId, reason: 'undeliverable' });
  if ('ok' in closing) orGivenUp(() => steps.sendSms({ signupId, purpose: 'closed', phone }));
}
// #endregion

// #region click
/** Acts on a click: activates the account, and tells by mail. */
export function click(steps: Blocking<CalledSteps>, { signupId, ...person }: Click): ClickEnded {
  const activation = steps.activateAccount({ signupId });
  if ('ok' in activation) orGivenUp(() => steps.sendEmail({ signupId, purpose: 'activated', ...person }));
  return activation;
}
// #endregion

/**
 * Sends what the process does not depend on: a message that is faulted to the last attempt is lost, as no
 * step comes back to it.
 */
function orGivenUp(send: () => SendAnswer): SendAnswer | { ok: 'failed' } {
  try {
    return send();
  } catch {
    return { ok: 'failed' };
  }
}
