/**
 * What the tracker lists of styles that leave neither events nor histories. They have states and no past: a status
 * says how a signup ended, and nothing says what it went through.
 */
import { statement, type Database } from '../adapters/postgres.ts';
import { outcomes, type SignupStatus, type Style } from '../domain/signup.ts';
import type { Seen } from './counts.ts';

const pageSize = 1000;

type Listed = { signup_id: string; style: Style; status: SignupStatus; started_at: string };

const selectListed = statement<Listed>(
  'select-listed',
  `select signup_id, style, status, started_at from tracker.shown_signups
   where style = any($1) and greatest(started_at, ended_at) >= $2 and status not in ('opening', 'refused')
     and signup_id > $3
   order by signup_id limit ${pageSize}`,
);

/** Reads, for a time in milliseconds, which signups of those styles began or ended since then. */
export function listedSince(
  database: Database,
  styles: readonly Style[],
): (sinceMs: number) => AsyncGenerator<Seen> {
  return async function* since(ms) {
    let after = '00000000-0000-0000-0000-000000000000';
    let page: Listed[];
    do {
      page = await selectListed(database, styles, new Date(ms).toISOString(), after);
      yield* page.map(({ signup_id: signupId, style, status, started_at: openedAt }) => {
        after = signupId;
        return { signupId, style, openedAt, outcome: outcomes.find((outcome) => outcome === status) };
      });
    } while (page.length === pageSize);
  };
}
