/** What was counted, as it is shown: by day and style. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { Day } from '../domain/counts.ts';
import { styles } from '../domain/signup.ts';

const selectDays = statement<Day>(
  'select-days',
  `select day::text, style, opened::float8, activated::float8, expired::float8, undeliverable::float8
   from statistics.days order by day, array_position($1, style)`,
);

/** There is no such view, or it is not opened to us: statistics sees to both when it joins. */
const neverJoined = new Set(['42P01', '3F000', '42501']);

/** What is counted so far; undefined where statistics never joined. */
export async function countedDays(on: Queryable): Promise<Day[] | undefined> {
  try {
    return await selectDays(on, styles);
  } catch (error) {
    if (error instanceof Error && 'code' in error && neverJoined.has(String(error.code))) return undefined;
    throw error;
  }
}
