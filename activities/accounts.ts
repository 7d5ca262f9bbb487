/**
 * The steps of the accounts service. Each takes its caller's transaction: the coordinator decides what else
 * becomes true together with it. `pending → active` and `pending → closed` are one conditional update each,
 * so a race has one winner.
 */
import { statement, type Queryable } from '../adapters/postgres.ts';
import { balanceOf, welcomeCreditCents, type Balance } from '../domain/balance.ts';
import { forEachChannel, verifyBy, type CloseReason } from '../domain/process.ts';
import {
  isSameRequest,
  Person,
  type Notified,
  type ParkedStep,
  type Signup,
  type SignupRequest,
  type Style,
} from '../domain/signup.ts';
import type { WritingSteps } from '../domain/steps.ts';
import { verificationLink } from '../domain/tokens.ts';

/** A step that only writes: its port's function, with the caller's transaction before the input. */
type InTransaction<S> = S extends (input: infer Input) => infer Answer
  ? (transaction: Queryable, input: Input) => Answer
  : never;

/** The accounts service's part of the `Steps` port; and the link of a signup, which is derived. */
export type AccountSteps = { [S in keyof WritingSteps]: InTransaction<WritingSteps[S]> } & {
  linkOf(signupId: string): string;
};

/** The columns of who signed up, by the names that requests and events have for them. */
const personColumns = Object.keys(Person.shape) as (keyof Person)[];

const insertAccount = statement<{ opened_at: string; verify_by: string }>(
  'insert-account',
  `insert into accounts (signup_id, style, status, opened_at, verify_by, ${personColumns.join(', ')})
   values ($1, $2, 'pending', $3, $4, ${personColumns.map((_, index) => `$${index + 5}`).join(', ')})
   on conflict do nothing
   returning opened_at, verify_by`,
);
const columns = `signup_id, style, status, ${personColumns.join(', ')}, opened_at, verify_by, activated_at, closed_at,
  close_reason, notified_at, notified, reminders`;
const selectAccount = statement<AccountRow>(
  'select-account',
  `select ${columns} from accounts where signup_id = $1`,
);
const selectLatest = statement<AccountRow>(
  'select-latest',
  `select ${columns} from accounts where email is not null order by opened_at desc limit $1`,
);
const selectBalance = statement<{ status: AccountRow['status']; cents: number; as_of: string }>(
  'select-balance',
  'select status, balance_cents::float8 as cents, now() as as_of from accounts where signup_id = $1',
);
// A request may be repeated while it still runs: what one of the two gave up, the other may have sent.
const markNotified = statement(
  'mark-notified',
  `update accounts set notified_at = coalesce(notified_at, $2), notified = $3
   where signup_id = $1 and (notified_at is null or jsonb_path_exists(notified, '$.* ? (@ == "failed")'))`,
);
const markActive = statement<{ signup_id: string }>(
  'mark-active',
  `update accounts set status = 'active', activated_at = $2, balance_cents = balance_cents + $3
   where signup_id = $1 and status = 'pending' returning signup_id`,
);
const markClosed = statement<{ closed: boolean }>(
  'mark-closed',
  `insert into accounts as account (signup_id, status, opened_at, closed_at, close_reason)
   values ($1, 'closed', $2, $2, $3)
   on conflict (signup_id) do update set status = 'closed', closed_at = $2, close_reason = $3
     where account.status = 'pending'
   returning true as closed`,
);

/** An account as it is stored. A tombstone has neither style nor address. */
export type AccountRow = {
  signup_id: string;
  style: Style | null;
  status: 'pending' | 'active' | 'closed';
  opened_at: string;
  verify_by: string | null;
  activated_at: string | null;
  closed_at: string | null;
  close_reason: CloseReason | null;
  notified_at: string | null;
  notified: Partial<Notified> | null;
  reminders: number;
} & Record<keyof Person, string | null>;

/** The account of a signup, or undefined before step 1. */
export async function findAccount(on: Queryable, signupId: string): Promise<AccountRow | undefined> {
  const [row] = await selectAccount(on, signupId);
  return row;
}

/** The balance of an account; undefined before step 1. */
export async function findBalance(on: Queryable, signupId: string): Promise<Balance | 'closed' | undefined> {
  const [row] = await selectBalance(on, signupId);
  if (!row) return undefined;
  return row.status === 'closed' ? 'closed' : balanceOf(row.cents, row.as_of);
}

/** The signups opened last, of every style, newest first. */
export async function latestSignups(on: Queryable, limit: number): Promise<Signup[]> {
  const rows = await selectLatest(on, limit);
  return rows.flatMap((row) => signupOf(row, []) ?? []);
}

/** An account as a signup is shown. Not for a tombstone. */
export function signupOf(account: AccountRow, parked: ParkedStep[]): Signup | undefined {
  const { status, style, email, close_reason: closeReason } = account;
  if (style === null || email === null) return undefined;
  const outcome =
    status === 'pending' ? null : status === 'active' ? 'activated' : (closeReason ?? 'cancelled');
  return {
    id: account.signup_id,
    style,
    status: outcome ?? 'pending',
    outcome,
    email,
    phone: account.phone,
    notified: forEachChannel((channel) => account.notified?.[channel] ?? null),
    reminders: account.reminders,
    startedAt: account.opened_at,
    endedAt: account.activated_at ?? account.closed_at,
    verifyBy: account.verify_by,
    parked,
  };
}

/** What was asked for when an account was opened: kept longer than anything else of its signup. Undefined for a tombstone. */
export function requestOf(account: AccountRow): SignupRequest | undefined {
  const { style } = account;
  const person = personOf(account);
  return style === null || !person ? undefined : { style, ...person };
}

/** Who an account belongs to, for the events that tell of it; undefined for a tombstone. */
export function personOf(account: AccountRow | undefined): Person | undefined {
  if (account?.email == null) return undefined;
  return Object.fromEntries(personColumns.map((name) => [name, account[name] ?? undefined])) as Person;
}

/** The steps, for an accounts service whose links are signed with `key` and start with `publicUrl`. */
export function accountSteps({ key, publicUrl }: { key: string; publicUrl: string }): AccountSteps {
  const linkOf = (signupId: string) => verificationLink(signupId, key, publicUrl);
  return {
    linkOf,

    async openAccount(transaction, { signupId, style, at, ...person }) {
      const whose = personColumns.map((name) => person[name]);
      const [opened] = await insertAccount(transaction, signupId, style, at, verifyBy(at), ...whose);
      if (opened) return { ok: openedAccount(signupId, opened.opened_at, opened.verify_by) };
      const existing = await findAccount(transaction, signupId);
      if (!existing) {
        return {
          refused: 'email-taken',
          message: 'another account, pending or active, has this e-mail address',
        };
      }
      const first = requestOf(existing);
      if (!first)
        return { refused: 'closed', message: 'this signup was closed before its account was opened' };
      // Not a repetition of this step, then, but a second signup under the id of one that all else has forgotten.
      const hasEnded =
        existing.status === 'closed' || (existing.status === 'active' && at > existing.verify_by!);
      if (hasEnded || !isSameRequest(first, { style, ...person }))
        return { refused: 'closed', message: 'this signup has ended, or is that of somebody else' };
      return {
        ok: openedAccount(signupId, existing.opened_at, existing.verify_by ?? verifyBy(existing.opened_at)),
      };
    },

    async recordNotified(transaction, { signupId, at, ...notified }) {
      await markNotified(transaction, signupId, at, notified);
      return { ok: 'recorded' };
    },

    async activateAccount(transaction, { signupId, at }) {
      const [activated] = await markActive(transaction, signupId, at, welcomeCreditCents);
      if (activated) return { ok: 'activated' };
      const account = await findAccount(transaction, signupId);
      if (!account) throw new Error(`there is no account of signup \`${signupId}\` to activate`);
      return account.status === 'active'
        ? { ok: 'activated' }
        : { refused: 'closed', message: 'the account was closed before the click' };
    },

    async closeAccount(transaction, { signupId, at, reason }) {
      const [closed] = await markClosed(transaction, signupId, at, reason);
      if (closed) return { ok: 'closed' };
      const account = await findAccount(transaction, signupId);
      if (account?.status === 'active') {
        return { refused: 'active', message: 'the account was activated before it could be closed' };
      }
      return account?.close_reason === reason
        ? { ok: 'closed' }
        : { refused: 'closed', message: `the account was closed before, as ${account?.close_reason}` };
    },
  };

  function openedAccount(signupId: string, openedAt: string, deadline: string) {
    return { openedAt, verifyBy: deadline, verificationLink: linkOf(signupId) };
  }
}
