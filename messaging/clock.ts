/** A signup's own time: what its events carry. It is ahead of the clock where somebody has moved it, and the clock's otherwise. */
import { statement, type Queryable } from '../adapters/postgres.ts';

/** How far a signup is ahead, as a column: `signup` names the id. A signup whose clock nobody has moved has no row. */
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
