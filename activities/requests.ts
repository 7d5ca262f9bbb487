/** What was asked for under which id, where no engine keeps it: repeating a key must find the first answer, refusals included. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import { isSameRequest, signupShown, type Signup, type SignupRequest } from '../domain/signup.ts';
import type { OpenRefusal, Refused } from '../domain/steps.ts';
import { findAccount, requestOf, type AccountRow } from './accounts.ts';

/** Notes a request; answers no row where it was noted before, or its account is there. The account outlives the row, and speaks for it. */
export const insertRequest = statement<{ signup_id: string }>(
  'insert-request',
  `insert into requests (signup_id, request, requested_at)
   select $1, $2, $3 where not exists (select from accounts where signup_id = $1 and style is not null)
   on conflict do nothing returning signup_id`,
);

/** Takes back a request of which nothing was done. */
export const withdrawRequest = statement('withdraw-request', 'delete from requests where signup_id = $1');

/** A request, and how it was refused. */
const selectRequest = statement<{
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

/**
 * What the first request under an id was answered, where that stays so: it was for something else, or was refused. Otherwise its
 * account, if there is one yet.
 */
export async function firstAnswer(
  on: Queryable,
  signupId: string,
  request: SignupRequest,
): Promise<{ otherRequest: true } | Refused<OpenRefusal> | { account: AccountRow | undefined }> {
  const account = await findAccount(on, signupId);
  const [asked] = await selectRequest(on, signupId);
  const first = (account && requestOf(account)) ?? asked?.request;
  if (!first || !isSameRequest(first, request)) return { otherRequest: true };
  if (asked?.refusal) return { refused: asked.refusal, message: asked.refusal_message ?? '' };
  return { account };
}

/** A signup that has no account, by its request: step 1 said no, or is yet to answer. Undefined where there was no request. */
export async function signupAskedFor(on: Queryable, signupId: string): Promise<Signup | undefined> {
  const [asked] = await selectRequest(on, signupId);
  if (!asked) return undefined;
  const { request, refusal, requested_at: startedAt } = asked;
  if (refusal === null) return signupShown(signupId, request, { status: 'opening', startedAt });
  return signupShown(signupId, request, { status: 'refused', startedAt, endedAt: startedAt });
}
