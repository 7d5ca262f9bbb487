/**
 * The steps as Temporal activities: around a step that writes, a transaction; around one that sends, a heartbeat, so that
 * the server notices in seconds when this process dies. What a step throws goes to Temporal as it is. An activity has the name
 * by which histories know the step, what it is asked for included: so the Temporal UI tells the story without payloads.
 */
import { heartbeat } from '@temporalio/activity';
import type { AccountSteps } from '../../activities/accounts.ts';
import type { NotificationSteps } from '../../activities/notifications.ts';
import type { Attempt } from '../../activities/sends.ts';
import { inTransaction, type Database } from '../../adapters/postgres.ts';
import { sendingSteps } from '../../domain/process.ts';
import { stepNames, writingSteps, type SendAnswer, type Steps } from '../../domain/steps.ts';

/** Activities by their names. */
export type Activities = Record<string, (input: never) => Promise<unknown>>;

/** The activities of the accounts service. */
export function accountActivities(database: Database, steps: AccountSteps): Activities {
  return asActivities(
    writingSteps,
    (step) => (input: never) =>
      inTransaction<unknown>(database, (transaction) => steps[step](transaction, input)),
  );
}

/** The activities of the notifications service. */
export function notificationActivities(database: Database, steps: NotificationSteps): Activities {
  return asActivities(sendingSteps, (step) => (input: never) => sendAndRecord(steps[step](input)));

  async function sendAndRecord(sending: Promise<Attempt>): Promise<SendAnswer> {
    const beat = setInterval(() => heartbeat(), 1000);
    try {
      // One statement, so a transaction by itself.
      return await steps.record(database, await sending);
    } finally {
      clearInterval(beat);
    }
  }
}

/** Steps as activities, each under all its names. */
export function asActivities<S extends keyof Steps>(
  steps: readonly S[],
  play: (step: S) => (input: never) => Promise<unknown>,
): Activities {
  return Object.fromEntries(steps.flatMap((step) => stepNames[step].map((name) => [name, play(step)])));
}
