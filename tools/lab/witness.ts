/** Gathers evidence from outside: the api, the mailbox, and the databases of the services. */
import pg from 'pg';
import type { HistoryEntry } from '../../domain/history.ts';
import type { Signup } from '../../domain/signup.ts';
import type { Stack } from '../platform/stack.ts';
import type { Customer } from './customers.ts';
import type { AccountSeen, Arrived, Evidence } from './evidence.ts';

export type Witness = {
  /** What is seen of a signup now. Rejects while api, mailbox or database are away. */
  see(customer: Customer, accepted: boolean): Promise<Evidence>;
  /** The path of the link in its welcome mail; undefined until that is there. */
  linkOf(customer: Customer): Promise<string | undefined>;
  /** Messages that are claimed and not recorded, as `signup purpose channel`: each may leave twice if its process dies now. */
  inHand(): Promise<string[]>;
  close(): Promise<void>;
};

/** Looks past the proxies, with the roles of the two services. */
export function openWitness({ urls, addresses }: Stack): Witness {
  const [pool, notifications] = [
    openPool(addresses.database.accounts),
    openPool(addresses.database.notifications),
  ];

  return {
    async see(customer, accepted) {
      const { signupId, style, intent, request } = customer;
      const [signup, history = [], account, letters] = await Promise.all([
        ask<Signup>(`/signups/${signupId}`),
        ask<HistoryEntry[]>(`/signups/${signupId}/history`),
        accountOf(signupId),
        lettersTo(customer),
      ]);
      const addressIsFree = account?.status === 'closed' ? await isFree(request.email) : undefined;
      const arrived = letters.map(
        ({ channel, to, purpose, signupId: about, messageId, receivedAt }): Arrived => ({
          channel,
          to,
          receivedAt,
          purpose: purpose ?? '',
          signupId: about ?? '',
          key: messageId ?? `${about} ${purpose}`,
        }),
      );
      return { signupId, style, intent, request, accepted, signup, account, arrived, history, addressIsFree };
    },
    async linkOf(customer) {
      const letters = await lettersTo(customer);
      const link = letters.find(({ purpose }) => purpose === 'welcome')?.links[0];
      return link === undefined ? undefined : new URL(link).pathname;
    },
    async inHand() {
      const { rows } = await notifications.query<{ message: string }>(
        "select concat_ws(' ', signup_id, purpose, channel) as message from sends where state = 'claimed'",
      );
      return rows.map(({ message }) => message);
    },
    async close() {
      await Promise.all([pool.end(), notifications.end()]);
    },
  };

  async function ask<Body>(path: string): Promise<Body | undefined> {
    const answer = await fetch(urls.api + path, { signal: AbortSignal.timeout(10_000) });
    if (answer.status === 404) return void (await answer.arrayBuffer());
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  }

  async function lettersTo({ request: { email, phone } }: Customer): Promise<Letter[]> {
    const to = [email, ...(phone === undefined ? [] : [phone])];
    const found = await Promise.all(
      to.map((each) =>
        ask<Letter[]>(`/mailbox?${new URLSearchParams({ to: each, limit: '50' }).toString()}`),
      ),
    );
    return found.flatMap((letters) => letters ?? []);
  }

  async function accountOf(signupId: string): Promise<AccountSeen | undefined> {
    const { rows } = await pool.query<AccountSeen>(
      `select status, close_reason as "closeReason", activated_at as "activatedAt", closed_at as "closedAt"
       from accounts where signup_id = $1`,
      [signupId],
    );
    return rows[0];
  }

  /** The database itself is asked: the rule that keeps addresses unique is its own. */
  async function isFree(email: string): Promise<boolean> {
    const { rowCount } = await pool.query(
      "select from accounts where lower(email) = lower($1) and status in ('pending', 'active')",
      [email],
    );
    return rowCount === 0;
  }
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4, connectionTimeoutMillis: 3000, query_timeout: 5000 });
  pool.on('error', () => {});
  return pool;
}

type Letter = {
  channel: 'email' | 'sms';
  to: string;
  purpose: string | null;
  signupId: string | null;
  messageId: string | null;
  links: string[];
  receivedAt: string;
};
