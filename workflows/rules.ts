/**
 * The rules of the process that signups under way were started with. A signup keeps its own to its end: asked for at the first
 * statement of the workflow, because `patched` says yes wherever it is first reached outside a replay, in a sleeper too.
 */
import { patched } from '@temporalio/workflow';
import { reminders, remindersAtFirst } from '../domain/process.ts';

/** When a signup is reminded, and whether it is given up at all. */
export type Rule = { schedule: readonly (typeof reminders)[number][]; expires: boolean };

// Cost 7 (orchestration): a change of the process stays in the code as a question, until the last run from before it has ended.
// #region rule
/** The rule of this signup: the newest that it was started with. */
export function ruleOfSignup(): Rule {
  if (patched('third-reminder')) return { schedule: reminders, expires: true };
  if (patched('reminders-and-expiry')) {
    return { schedule: reminders.slice(0, remindersAtFirst), expires: true };
  }
  return { schedule: [], expires: false };
}
// #endregion
