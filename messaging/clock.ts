/** A signup's own time, which its events carry. Where it was fast-forwarded it is ahead of the clock. */
import { statement, type Queryable } from '../adapters/postgres.ts';

/** How far the signup of that id is ahead, as a column. Only one that was fast-forwarded has a row. */
export const aheadMs = (signup: string) =>
  `coalesce((select extract(epoch from ahead) * 1000 from clocks where clocks.signup_id = ${signup}), 0)::float8 as ahead_ms`;

const selectAhead = statement<{ ahead_ms: number }>('select-ahead', `select ${aheadMs('$1::uuid')}`);

/** The time now, in ISO 8601, of a signup that is so far ahead. */
export function timeAhead(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString();
}

/** The time now of a signup. */
export async function ownTime(on: Queryable, signupId: string): Promise<string> {
  const [row] = await selectAhead(on, signupId);
  return timeAhead(row!.ahead_ms);
}
