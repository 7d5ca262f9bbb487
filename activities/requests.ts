/** What was asked for under which id, where no engine keeps it: repeating a key must find the first answer, refusals included. */
import { statement } from '../adapters/postgres.ts';
import type { SignupRequest } from '../domain/signup.ts';
import type { OpenRefusal } from '../domain/steps.ts';

/** Notes a request; answers no row where it was noted before, or its account is there. The account outlives the row, and speaks for it. */
export const insertRequest = statement<{ signup_id: string }>(
  'insert-request',
  `insert into requests (signup_id, request, requested_at)
   select $1, $2, $3 where not exists (select from accounts where signup_id = $1 and style is not null)
   on conflict do nothing returning signup_id`,
);

/** A request, and how it was refused. */
export const selectRequest = statement<{
  request: SignupRequest;
  refusal: OpenRefusal | null;
  refusal_message: string | null;
  requested_at: string;
}>(
  'select-request',
  'select request, refusal, refusal_message, requested_at from requests where signup_id = $1',
);

/** Notes that a request was refused. */
export const markRefused = statement(
  'mark-refused',
  'update requests set refusal = $2, refusal_message = $3 where signup_id = $1',
);
