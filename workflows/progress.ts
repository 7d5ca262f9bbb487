/** What the Temporal UI shows of a signup without anyone reading payloads: status, details, what is parked. */
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { Outcome, ParkedStep } from '../domain/signup.ts';
import type { OpenRefusal, Refused } from '../domain/steps.ts';
import { signupStatus, type SignupEnd, type SignupProgress } from './protocol.ts';

type Status = SignupProgress['status'];

const details: Record<Status, string> = {
  opening: 'Opening the account.',
  pending: 'Account open. Waiting for the click on the verification link.',
  activated: 'The click came in time: the account is active.',
  expired: 'No click within seven days: the account was closed.',
  undeliverable: 'The mail could not be delivered: the account was closed again.',
  refused: 'No account was opened.',
  cancelled: 'Cancelled by an operator: the account was closed.',
};

/** The progress of one signup; begins as `opening`. */
export function progress() {
  let status: Status = 'opening';
  let parked: readonly ParkedStep[] = [];
  let reminders = 0;
  show();
  return { current: () => status, enter, pending, reminded, park, cancel, refuse, end };

  function enter(next: Status): void {
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
  function cancel(): void {
    // What it had come to before stays true: an account that was activated is not closed.
    if (status === 'opening' || status === 'pending') enter('cancelled');
  }
  function refuse({ refused, message }: Refused<OpenRefusal>): SignupEnd {
    enter('refused');
    return { outcome: 'refused', refused, message };
  }
  function end(outcome: Exclude<Outcome, 'refused'>): SignupEnd {
    enter(outcome);
    return { outcome };
  }
  function show(): void {
    const lines = parked.map(
      ({ step, attempts, lastError }) => `* parked: ${step}, ${attempts} attempts, ${lastError}`,
    );
    const sent = reminders === 0 ? [] : [`* reminders sent: ${reminders}`];
    setCurrentDetails([details[status], ...sent, ...lines].join('\n'));
  }
}
