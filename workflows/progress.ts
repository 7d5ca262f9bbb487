/**
 * What the Temporal UI shows of a signup without its payloads being read: status, details, what is parked.
 */
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { ParkedStep, SignupStatus } from '../domain/signup.ts';
import { signupStatus } from './protocol.ts';

const details: Record<SignupStatus, string> = {
  opening: 'Opening the account.',
  pending: 'Account open. Waiting for the click on the verification link.',
  activated: 'The click came in time: the account is active.',
  expired: 'No click within seven days: the account was closed.',
  undeliverable: 'The mail could not be delivered: the account was closed again.',
  refused: 'No account was opened.',
  cancelled: 'Cancelled by an operator: the account was closed.',
};

/** Shows the progress of one signup, from `opening` on. */
export function startProgress() {
  let status: SignupStatus = 'opening';
  let parked: readonly ParkedStep[] = [];
  let reminders = 0;
  show();
  return { status: () => status, enter, pending, reminded, park };

  function enter(next: SignupStatus): void {
    if (next === status) return;
    status = next;
    upsertSearchAttributes([{ key: signupStatus, value: status }]);
    show();
  }
  function pending(verifyBy: string): void {
    // Kept with the execution, so that a reader needs neither worker nor database.
    upsertMemo({ verifyBy });
    enter('pending');
  }
  function reminded(): void {
    reminders += 1;
    upsertMemo({ reminders });
    show();
  }
  function park(steps: readonly ParkedStep[]): void {
    parked = steps;
    upsertMemo({ parked: [...steps] });
    show();
  }
  function show(): void {
    const lines = parked.map(
      ({ step, attempts, lastError }) => `* parked: ${step}, ${attempts} attempts, ${lastError}`,
    );
    const sent = reminders === 0 ? [] : [`* reminders sent: ${reminders}`];
    setCurrentDetails([details[status], ...sent, ...lines].join('\n'));
  }
}
