/**
 * How far a signup has come, as its messages show: a message of an earlier stage that is asked for later is skipped. A welcome that
 * was held up is not sent to an account that is active or closed by then.
 */
import { statement, type Database } from '../adapters/postgres.ts';
import type { Purpose } from '../domain/process.ts';

const insertStage = statement(
  'insert-stage',
  'insert into stages (signup_id, stage) values ($1, $2) on conflict (signup_id) do nothing',
);

/** The stage that a signup enters with a message. Every other message belongs to the time before. */
const stageOf: Partial<Record<Purpose, 'activated' | 'closed'>> = {
  activated: 'activated',
  expired: 'closed',
  closed: 'closed',
};

/** Notes the stage that a signup enters with a message, if it does. */
export async function enterStage(database: Database, signupId: string, purpose: Purpose): Promise<void> {
  const stage = stageOf[purpose];
  if (stage) await insertStage(database, signupId, stage);
}

/** Whether the signup may have moved on by the time a message is sent. */
export function canComeTooLate(purpose: Purpose): boolean {
  return !stageOf[purpose];
}
