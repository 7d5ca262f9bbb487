/**
 * What is counted: signups by the day on which they began, and what became of them. Whatever is counted twice, or in
 * another order than it happened, comes to the same.
 */
import { statement, type Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { EventKey } from '../domain/events.ts';
import type { Outcome, Style } from '../domain/signup.ts';

/** What was seen of a signup: that its account was opened, or how it ended, or both. */
export type Seen = {
  signupId: string;
  style: Style;
  openedAt?: string | undefined;
  outcome?: Outcome | undefined;
};

/** The events that tell of it. */
export const counted = [
  'account.opened',
  'account.activated',
  'account.closed',
] as const satisfies readonly EventKey[];

const countSeen = statement(
  'count-seen',
  `insert into signups as known (signup_id, style, opened_on, outcome)
   select "signupId", min(style), min(("openedAt" at time zone 'UTC')::date), min(outcome)
   from jsonb_to_recordset($1::jsonb) as seen ("signupId" uuid, style text, "openedAt" timestamptz, outcome text)
   group by "signupId" order by "signupId"
   on conflict (signup_id) do update
     set opened_on = coalesce(known.opened_on, excluded.opened_on),
         outcome = coalesce(known.outcome, excluded.outcome)`,
);

/** Counts what was seen. */
export async function count(transaction: Queryable, seen: readonly Seen[]): Promise<void> {
  if (seen.length > 0) await countSeen(transaction, JSON.stringify(seen));
}

/** What an event says of its signup, where it is one of those that are counted. */
export function seenIn(event: Envelope): Seen[] {
  const { subject: signupId, style, time } = event;
  if (event.type === 'account.opened') return [{ signupId, style, openedAt: time }];
  if (event.type === 'account.activated') return [{ signupId, style, outcome: 'activated' }];
  if (event.type === 'account.closed') return [{ signupId, style, outcome: event.data.reason }];
  return [];
}
