/** Puts signups to sleep through the front door, and says which sleep: opened, notified, waiting for a click or a reminder. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Style } from '../../../domain/signup.ts';
import { verificationToken } from '../../../domain/tokens.ts';
import type { Stack } from '../../platform/stack.ts';
import { until } from '../../../adapters/waiting.ts';
import { apply } from '../load.ts';
import { openTarget, type System } from '../target.ts';

/** The sleepers of one style, on one stack. */
export type Dormitory = {
  /** Puts so many more to sleep. Resolves with how many there were per second, once nothing of them is under way. */
  putToSleep(count: number): Promise<number>;
  /** Which sleep, at most so many, in no order that means anything. */
  sleepers(limit: number): Promise<string[]>;
  /** Clicks the link of a sleeper. Resolves with how long the answer took, in milliseconds. */
  click(signupId: string): Promise<number>;
  /** Resolves once all that was told has been published, and noted by the tracker. */
  untilAtRest(): Promise<void>;
  /** The database, as its administrator. */
  admin: pg.Client;
  /** Part of a statement: the ids of the sleepers, `$1` being `pattern`. */
  asleep: string;
  pattern: string;
  close(): Promise<void>;
};

/** How many wait for their signup at a time: as many as the style has use for. */
const clients: Record<Style, number> = { choreography: 100, orchestration: 10 };

/** Opens it; `seed` keeps its signups apart from others of the same stack. */
export async function openDormitory(stack: Stack, style: Style, seed: number): Promise<Dormitory> {
  const admin = new pg.Client({ connectionString: stack.addresses.databaseAdmin });
  admin.on('error', () => {});
  await admin.connect();
  const key = stack.environmentOf('accounts')['VERIFICATION_KEY']!;
  const system: System = {
    name: style,
    url: stack.urls.api,
    extra: { style },
    record: {
      databaseUrl: stack.addresses.databaseAdmin,
      sql: 'select signup_id as id from accounts.accounts where signup_id = any($1::uuid[]) and notified_at is not null',
    },
    database: '',
    repeats: true,
    processes: [],
  };
  const pattern = `bench-${seed}-%`;
  const asleep = `select signup_id from accounts.accounts where email like $1 and style = '${style}' and status = 'pending'`;

  return {
    admin,
    asleep,
    pattern,
    untilAtRest,
    async putToSleep(count) {
      const target = await openTarget(system, seed);
      try {
        let sent = 0;
        const from = performance.now();
        await apply(
          { clients: Math.min(count, clients[style]) },
          target,
          () => (sent += 1) > count,
          () => {},
        );
        const seconds = (performance.now() - from) / 1000;
        await untilAtRest();
        return count / seconds;
      } finally {
        await target.close();
      }
    },
    async sleepers(limit) {
      const { rows } = await admin.query<{ signup_id: string }>(`${asleep} order by signup_id limit $2`, [
        pattern,
        limit,
      ]);
      return rows.map((row) => row.signup_id);
    },
    async click(signupId) {
      const from = performance.now();
      const answer = await fetch(`${stack.urls.api}/verify/${verificationToken(signupId, key)}`, {
        method: 'POST',
        headers: { accept: 'application/json' },
      });
      const text = await answer.text();
      if (answer.status !== 200)
        throw new Error(`the click of ${signupId} answered ${answer.status}: ${text}`);
      return performance.now() - from;
    },
    close: () => admin.end(),
  };

  async function untilAtRest(): Promise<void> {
    let before = '';
    await until(
      'what is under way',
      async () => {
        const { rows } = await admin.query<{ unsent: string; position: string }>(
          `select (select count(*) from accounts.outbox where sent_at is null)
                  + (select count(*) from notifications.outbox where sent_at is null) as unsent,
                  (select position from tracker.feed_position) as position`,
        );
        const seen = JSON.stringify(rows);
        const isAtRest = rows[0]!.unsent === '0' && seen === before;
        before = seen;
        return isAtRest;
      },
      { withinMs: 300_000, everyMs: 1000 },
    );
    await delay(1000);
  }
}
