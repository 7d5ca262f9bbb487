/**
 * The steps as Temporal activities: around a step that writes, a transaction; around one that sends, a heartbeat, so that
 * the server notices in seconds when this process dies. What a step throws goes to Temporal as it is.
 */
import { heartbeat } from '@temporalio/activity';
import type { AccountSteps, Written } from '../../activities/accounts.ts';
import type { Attempt, NotificationSteps } from '../../activities/notifications.ts';
import { inTransaction, type Database } from '../../adapters/postgres.ts';
import type { Steps } from '../../domain/steps.ts';

/** The activities of the accounts service. */
export function accountActivities(database: Database, steps: AccountSteps): Pick<Steps, Written> {
  return {
    openAccount: (input) => inTransaction(database, (transaction) => steps.openAccount(transaction, input)),
    recordNotified: (input) =>
      inTransaction(database, (transaction) => steps.recordNotified(transaction, input)),
    activateAccount: (input) =>
      inTransaction(database, (transaction) => steps.activateAccount(transaction, input)),
    closeAccount: (input) => inTransaction(database, (transaction) => steps.closeAccount(transaction, input)),
  };
}

/** The activities of the notifications service. */
export function messageActivities(
  database: Database,
  steps: NotificationSteps,
): Pick<Steps, 'sendEmail' | 'sendSms'> {
  const sendAndRecord = async (sending: Promise<Attempt>) => {
    const beat = setInterval(() => heartbeat(), 1000);
    try {
      // One statement, so a transaction by itself.
      return await steps.record(database, await sending);
    } finally {
      clearInterval(beat);
    }
  };
  return {
    sendEmail: (input) => sendAndRecord(steps.sendEmail(input)),
    sendSms: (input) => sendAndRecord(steps.sendSms(input)),
  };
}
