/**
 * The rules of the process that signups under way were started with. A signup keeps its own to its end: the workflow asks for it at
 * its first statement, because `patched` says yes wherever it is first reached outside a replay, in a sleeper too.
 */
import { patched } from '@temporalio/workflow';
import { reminders, remindersAtFirst } from '../domain/process.ts';

/** When a signup is reminded. */
export type Schedule = readonly (typeof reminders)[number][];

// Cost 7 (orchestration): a change of the process stays in the code as a question, until the last run from before it has ended.
// #region rule
/** The reminders that this signup was started with. */
export function reminderSchedule(): Schedule {
  return patched('third-reminder') ? reminders : reminders.slice(0, remindersAtFirst);
}
// #endregion
