/**
 * Writes the read model: the feed, which the tracker alone writes, in one order without a gap, and how far
 * each step and each signup has come. What was noted before changes nothing.
 */
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { isFinal, type ObservedKind } from '../domain/history.ts';
import { withoutAddresses } from '../domain/signup.ts';
import type { Observation } from '../domain/tracked.ts';
import { isInOrder, overOf, statusAfter, stepKey } from './steps.ts';

// The row lock on the position lets one writer after the other in: so the sequence has no gap, and no reader
// sees a number before all smaller ones are committed.
const takePosition = statement('take-position', 'select position from feed_position for update');

const selectOver = statement<{ signupId: string; step: string; kind: ObservedKind }>(
  'select-over',
  `select signup_id as "signupId", step, kind from steps
   where signup_id = any($1::uuid[]) and kind not in ('retrying', 'parked')`,
);

const noteAll = statement(
  'note-all',
  `with given as (
     select row_number() over () as number, given.*
     from jsonb_to_recordset($1::jsonb) as given (id uuid, "signupId" uuid, style text, step text, kind text, attempts integer,
       detail text, at timestamptz, status text, event text, "causationId" uuid, "group" text)),
   told as (
     select row_number() over (order by number) as place, count(*) over () as in_all, given.*
     from (select distinct on (id) * from given order by id, number) as given
     where not exists (select from feed where event_id = id)),
   next as (
     update feed_position set position = position + (select count(*) from told) returning position),
   appended as (
     insert into feed (position, event_id, signup_id, style, step, kind, attempts, detail, happened_at, event, causation_id, source)
     select position - in_all + place, id, "signupId", style, step, kind, attempts, detail, at, event, "causationId", $2 from told, next order by place),
   step as (
     insert into steps as known (signup_id, step, kind, attempts, detail, at)
     select distinct on ("signupId", step) "signupId", step, kind, attempts, detail, at
     from told order by "signupId", step, kind in ('retrying', 'parked', 'failed'), at desc, place desc
     on conflict (signup_id, step) do update
       set kind = excluded.kind, attempts = excluded.attempts, detail = excluded.detail, at = excluded.at
       -- They come in any order: what is final stays, and of two others the later one counts.
       where known.kind in ('retrying', 'parked', 'failed')
         and (excluded.kind not in ('retrying', 'parked', 'failed') or excluded.at >= known.at))
   insert into signups as known (signup_id, style, status, started_at, notified_at, ended_at, group_name)
   select "signupId", min(style),
          coalesce((array_agg(status order by status = 'pending', at) filter (where status is not null))[1], 'opening'),
          min(at), min(at) filter (where step = 'recordNotified' and kind = 'done'), min(at) filter (where status <> 'pending'),
          min("group")
   from told group by "signupId" order by "signupId"
   on conflict (signup_id) do update
     set started_at = least(known.started_at, excluded.started_at),
         notified_at = coalesce(known.notified_at, excluded.notified_at),
         ended_at = coalesce(known.ended_at, excluded.ended_at),
         group_name = coalesce(known.group_name, excluded.group_name),
         status = case when known.ended_at is null and excluded.status <> 'opening' then excluded.status else known.status end`,
);

/**
 * Notes observations that `source` told, in the order of the process, and of each step one end. Those that come before what they
 * follow are left out, and returned, unless `isOverdue`. `last` goes into the same transaction, and is told which those are.
 */
export function note(
  database: Database,
  source: string,
  observations: readonly Observation[],
  {
    isOverdue,
    last = async () => {},
  }: {
    isOverdue: (observation: Observation) => boolean;
    last?: (transaction: Queryable, early: readonly Observation[]) => Promise<unknown>;
  },
): Promise<readonly Observation[]> {
  return inTransaction(database, async (transaction) => {
    const [, over] = await Promise.all([
      takePosition(transaction),
      selectOver(transaction, [...new Set(observations.map(({ signupId }) => signupId))]),
    ]);
    const isOver = new Set(over.map(({ signupId, step }) => stepKey(signupId, step)));
    const ended = new Set(
      over.filter(({ kind }) => isFinal(kind)).map(({ signupId, step }) => stepKey(signupId, step)),
    );
    const { inOrder, early } = parted(withoutSecondEnds(observations, ended), isOver, isOverdue);
    const rows = inOrder.map((each) => ({
      ...each,
      detail: each.detail && withoutAddresses(each.detail),
      status: statusAfter(each),
    }));
    await Promise.all([
      rows.length > 0 && noteAll(transaction, JSON.stringify(rows), source),
      last(transaction, early),
    ]);
    return early;
  });
}

/**
 * A worker may be killed after an attempt was observed and before Temporal hears of it: the next attempt at the
 * step ends as well. `ended` grows by the steps that end here.
 */
function withoutSecondEnds(observations: readonly Observation[], ended: Set<string>): Observation[] {
  return observations.filter(({ signupId, step, kind }) => {
    if (!isFinal(kind)) return true;
    const isSecond = ended.has(stepKey(signupId, step));
    ended.add(stepKey(signupId, step));
    return !isSecond;
  });
}

/**
 * Parts observations into those that can be noted now, in this order, and those that come too early. `isOver`
 * grows by the former.
 */
function parted(
  observations: readonly Observation[],
  isOver: Set<string>,
  isOverdue: (observation: Observation) => boolean,
): { inOrder: Observation[]; early: readonly Observation[] } {
  const inOrder: Observation[] = [];
  let early = observations;
  let left: number;
  // What was noted in one round may let others follow in the next.
  do {
    left = early.length;
    early = early.filter((each) => {
      if (!isOverdue(each) && !isInOrder(each, (step) => isOver.has(stepKey(each.signupId, step))))
        return true;
      inOrder.push(each);
      const key = overOf(each);
      if (key !== undefined) isOver.add(key);
      return false;
    });
  } while (early.length < left);
  return { inOrder, early };
}
