/** When a signup is looked at again whose request is over, and how its next visit and its clock are moved. */
import { statement } from '../../adapters/postgres.ts';
import { reminders, unfinishedAfterMs, verifyWithinMs, type Reminder } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';

/** What is due: to cancel a signup whose caller left before it was finished, to remind, to close at the deadline. */
export type Visit = 'unfinished' | Reminder | 'deadline';

/** The visits in their order, and how long after step 1 each is due. */
export const visits: readonly { visit: Visit; afterMs: number }[] = [
  { visit: 'unfinished', afterMs: unfinishedAfterMs },
  ...reminders.map(({ purpose, afterMs }) => ({ visit: purpose, afterMs })),
  { visit: 'deadline', afterMs: verifyWithinMs },
];
export const [firstVisit] = visits as [(typeof visits)[number]];

/** The visit that follows, if any. */
export function visitAfter(visit: Visit): (typeof visits)[number] | undefined {
  return visits[visits.findIndex((each) => each.visit === visit) + 1];
}

/** Nothing follows the last visit, which is given up after a day. */
const lastGivenUpAfterMs = 24 * 60 * 60 * 1000;

/** How long it is until a visit that faults is given up: as the one after it is due. */
export function givenUpInMs({ visit, due_in_ms: dueInMs }: FollowUp): number {
  const next = visitAfter(visit);
  const { afterMs } = visits.find((each) => each.visit === visit)!;
  return dueInMs + (next ? next.afterMs - afterMs : lastGivenUpAfterMs);
}

/** A signup that is to be visited. */
export type FollowUp = { signup_id: string; style: Style; visit: Visit; due_in_ms: number };

const columns = 'signup_id, style, visit, (extract(epoch from due_at - now()) * 1000)::float8 as due_in_ms';

/** A place among the visits, in the order in which they are due. */
export type Place = { due_at: string; signup_id: string };
export const beforeAll: Place = { due_at: '-infinity', signup_id: '00000000-0000-0000-0000-000000000000' };

/** The visits that are due after a place, the earliest first. */
export const selectDueVisits = statement<FollowUp & Place>(
  'select-due-visits',
  `select ${columns}, due_at::text from follow_ups
   where due_at <= now() and style = any($1) and (due_at, signup_id) > ($2::timestamptz, $3::uuid)
   order by due_at, signup_id limit $4`,
);
/** The next visit of a signup. */
export const selectNextVisit = statement<FollowUp>(
  'select-next-visit',
  `select ${columns} from follow_ups where signup_id = $1`,
);

/** Goes on to the next visit, due so long after step 1, counting a reminder that was sent, unless another process has. */
export const goOn = statement(
  'go-on',
  `with gone as (
     update follow_ups set visit = $3,
       due_at = (select opened_at from accounts where accounts.signup_id = $1) + $4::float8 * interval '1 ms'
         - coalesce((select ahead from clocks where clocks.signup_id = $1), '0')
     where signup_id = $1 and visit = $2 returning signup_id)
   update accounts set reminders = reminders + $5 from gone where accounts.signup_id = gone.signup_id`,
);
/** Nothing more is due of a signup. */
export const removeFollowUp = statement('remove-follow-up', 'delete from follow_ups where signup_id = $1');

/** Moves the clock of a signup. */
export const moveClock = statement(
  'move-clock',
  `with moved as (
     update follow_ups set due_at = due_at - $2::float8 * interval '1 ms' where signup_id = $1)
   insert into clocks (signup_id, ahead) values ($1, $2::float8 * interval '1 ms')
   on conflict (signup_id) do update set ahead = clocks.ahead + excluded.ahead, moved_at = now()`,
);
