/**
 * What the tracker has written down, as others may read it: through its views, which hold nothing of the person. As long as
 * the tracker never ran there are no views, and so nothing was tracked: that is an empty answer, not an error.
 */
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import type { ObservedKind } from '../domain/history.ts';
import { styles, type Style } from '../domain/signup.ts';
import type { FeedEntry, FeedSource, ListedSignup, ListQuery } from '../domain/tracked.ts';

const page = (isWanted: string) =>
  `select signup_id as id, style, status, started_at as "startedAt", notified_at as "notifiedAt", ended_at as "endedAt",
          group_name as "group"
   from tracker.shown_signups
   where (started_at, signup_id) < ($1::timestamptz, $2::uuid)
     and ($3::text is null or style = $3) and ($4::text is null or status = $4) ${isWanted}
   order by started_at desc, signup_id desc limit $5`;
const selectPage = statement<ListedSignup>('select-page', page(''));
// Apart: an index has the few of a group, and the page of all of them would be looked through for those.
const selectPageOfGroup = statement<ListedSignup>('select-page-of-group', page('and group_name = $6'));
// Positions are far from 2^53: they come as numbers.
const selectFeed = statement<FeedEntry>(
  'select-feed',
  `select position::float8 as id, signup_id as "signupId", style, step, kind, attempts, detail, happened_at as at,
          noted_at as "notedAt", event_id as "eventId", event, causation_id as "causationId", source, group_name as "group"
   from tracker.shown_feed where position > $1 order by position limit $2`,
);
const selectFeedEnd = statement<{ end: number }>(
  'select-feed-end',
  'select coalesce(max(position), 0)::float8 as end from tracker.shown_feed',
);
const selectTold = statement<ToldStep>(
  'select-told',
  'select step, kind, attempts, detail, at from tracker.shown_steps where signup_id = $1 order by step',
);

/** How far a step has come, as the services told it. */
export type ToldStep = {
  step: string;
  kind: ObservedKind;
  attempts: number;
  detail: string | null;
  at: string;
};

/** A page of the list, newest first. Throws `Unavailable`. */
export function listSignups(database: Database, query: ListQuery): Promise<ListedSignup[]> {
  const { style = null, status = null, limit, after, group } = query;
  // Before the first page comes what is later than everything.
  const { startedAt = 'infinity', id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' } = after ?? {};
  return tracked(() =>
    group === undefined
      ? selectPage(database, startedAt, id, style, status, limit)
      : selectPageOfGroup(database, startedAt, id, style, status, limit, group),
  );
}

/** The feed, as it is streamed. */
export function feedSource(database: Database): FeedSource {
  return {
    after: (position, limit) => tracked(() => selectFeed(database, position, limit)),
    end: async () => (await tracked(() => selectFeedEnd(database)))[0]?.end ?? 0,
  };
}

/** The steps of a signup as the services told of them. Throws `Unavailable`. */
export function toldSteps(on: Queryable, signupId: string): Promise<ToldStep[]> {
  return tracked(() => selectTold(on, signupId));
}

/** Upper bounds of the buckets of seconds from accepted to notified. */
export const notifiedWithinSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86_400];

// One reading of all signups: how many there are, and how long they took. Rows stay, so the buckets only grow, whichever process
// is asked and however often it was started again.
const selectTotals = statement<SignupTotals>(
  'select-totals',
  `select style, status, count(*)::float8 as signups, count(taken)::float8 as notified,
          coalesce(sum(taken), 0)::float8 as seconds,
          array[${notifiedWithinSeconds.map((bound) => `count(*) filter (where taken <= ${bound})`).join()}]::float8[] as within
   from (select style, status, extract(epoch from notified_at - started_at) as taken from tracker.shown_signups) as signup
   group by style, status`,
);
const selectStatusTotals = statement<StatusTotals>(
  'select-status-totals',
  'select style, status, count(*)::float8 as signups from tracker.shown_signups group by style, status',
);
const selectOpenTotals = statement<OpenTotals>(
  'select-open-totals',
  `select style, kind, count(*)::float8 as steps from tracker.shown_steps where kind in ('retrying', 'parked')
   group by style, kind`,
);
const selectLatestNotified = statement<NotifiedAfter>(
  'select-latest-notified',
  `select style, count(*)::float8 as of, percentile_disc(0.5) within group (order by taken)::float8 as "p50Ms",
          percentile_disc(0.99) within group (order by taken)::float8 as "p99Ms"
   from unnest($1::text[]) as style
   cross join lateral (
     select round(extract(epoch from notified_at - started_at) * 1000) as taken
     from tracker.shown_signups as signup where signup.style = style.style and notified_at is not null
     order by notified_at desc limit 1000) as latest
   group by style`,
);

/** Signups of one style in one status: how many, how many of them were notified, and after how many seconds. */
export type SignupTotals = {
  style: Style;
  status: string;
  signups: number;
  notified: number;
  seconds: number;
  /** How many took at most as long as each of `notifiedWithinSeconds`. */
  within: number[];
};

/** How many signups there are, by style and status. Throws `Unavailable`. */
export function signupTotals(database: Database): Promise<SignupTotals[]> {
  return tracked(() => selectTotals(database));
}

/** How many signups of one style are in one status. */
export type StatusTotals = Pick<SignupTotals, 'style' | 'status' | 'signups'>;

/** The same without how long they took, which is quicker. Throws `Unavailable`. */
export function statusTotals(database: Database): Promise<StatusTotals[]> {
  return tracked(() => selectStatusTotals(database));
}

/** How many steps of one style are to be tried again, or parked. */
export type OpenTotals = { style: Style; kind: 'retrying' | 'parked'; steps: number };

/** How many steps are open, by style and kind. Throws `Unavailable`. */
export function openTotals(database: Database): Promise<OpenTotals[]> {
  return tracked(() => selectOpenTotals(database));
}

/** After how many milliseconds the latest signups of one style were notified, at most 1,000 of them. */
export type NotifiedAfter = { style: Style; p50Ms: number; p99Ms: number; of: number };

/** How long it took lately, by style, where any was notified. Throws `Unavailable`. */
export function latestNotified(database: Database): Promise<NotifiedAfter[]> {
  return tracked(() => selectLatestNotified(database, styles));
}

/** The views are not there, not yet with all columns, or not yet opened to us: the tracker sees to all three when it starts. */
const neverRan = new Set(['42P01', '42703', '42501', '3F000']);

async function tracked<Row>(select: () => Promise<Row[]>): Promise<Row[]> {
  try {
    return await select();
  } catch (error) {
    if (error instanceof Error && 'code' in error && neverRan.has(String(error.code))) return [];
    throw error;
  }
}
