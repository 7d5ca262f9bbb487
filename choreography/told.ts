/** What the services have told of the steps of a signup, as far as the tracker has noted it. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { ObservedKind } from '../domain/history.ts';

/** How far a step has come, by what was told. */
export type ToldStep = {
  step: string;
  kind: ObservedKind;
  attempts: number;
  detail: string | null;
  at: string;
};

const selectTold = statement<ToldStep>(
  'select-told',
  'select step, kind, attempts, detail, at from tracker.shown_steps where signup_id = $1 order by step',
);

/** The steps of a signup as the tracker shows them; none as long as it has never run. */
export async function toldSteps(on: Queryable, signupId: string): Promise<ToldStep[]> {
  return selectTold(on, signupId).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === undefinedTable) return [];
    throw error;
  });
}

const undefinedTable = '42P01';
