/** Puts signups to sleep over the API: they are opened and notified, and wait for a click or their first reminder. */
import pg from 'pg';
import { until } from '../../../adapters/waiting.ts';
import type { Style } from '../../../domain/signup.ts';
import { traits, type Mechanism } from '../../../domain/styles.ts';
import { verificationToken } from '../../../domain/tokens.ts';
import type { Stack } from '../../platform/stack.ts';
import { apply } from '../load.ts';
import { ownSystems } from '../systems.ts';
import { openTarget } from '../target.ts';

export type SleepingSignups = Awaited<ReturnType<typeof openSleepingSignups>>;

/** More clients at a time open no more signups per second. */
const clients: Record<Mechanism, number> = { calls: 100, chain: 100, workflow: 10 };

/** The sleepers of one style on one stack; `seed` keeps them apart from other signups. */
export async function openSleepingSignups(stack: Stack, style: Style, seed: number) {
  const admin = new pg.Client({ connectionString: stack.addresses.databaseAdmin });
  // What fails is the statement that a connection breaks under.
  admin.on('error', () => {});
  await admin.connect();
  const key = stack.environmentOf('accounts')['VERIFICATION_KEY']!;
  const system = { ...ownSystems(stack)[style], repeats: true } as const;
  const asleep = `select signup_id from accounts.accounts where email like 'bench-${seed}-%' and style = '${style}' and status = 'pending'`;
  return { admin, asleep, add, click, untilAtRest };

  async function add(count: number): Promise<void> {
    const target = await openTarget(system, seed);
    let sent = 0;
    const isOver = () => (sent += 1) > count;
    await apply({ clients: Math.min(count, clients[traits[style].mechanism]) }, target, isOver, () => {});
    await target.close();
    await untilAtRest();
  }

  /** Clicks the links of so many, one after the other. Resolves with how long each took to be acted on, in milliseconds. */
  async function click(count: number): Promise<number[]> {
    const { rows } = await admin.query<{ signup_id: string }>(`${asleep} limit ${count}`);
    const took: number[] = [];
    for (const { signup_id: id } of rows) {
      const from = performance.now();
      const url = `${stack.urls.api}/verify/${verificationToken(id, key)}`;
      const { status, text } = await until('a click to be acted on', async () => {
        const answer = await fetch(url, { method: 'POST', headers: { accept: 'application/json' } });
        const said = { status: answer.status, text: await answer.text() };
        // A busy machine may keep it for a moment, or not take it in time: it is the same click again.
        return ![202, 503].includes(said.status) && said;
      });
      if (status !== 200) throw new Error(`${status}: ${text}`);
      took.push(performance.now() - from);
    }
    await untilAtRest();
    return took;
  }

  /** Resolves once everything is published, and the tracker has noted nothing new for a second. */
  async function untilAtRest(): Promise<void> {
    let before = '';
    const isAtRest = async () => {
      const { rows } = await admin.query<{ unsent: string; position: string }>(
        `select (select count(*) from accounts.outbox where sent_at is null)
                + (select count(*) from notifications.outbox where sent_at is null) as unsent,
                (select position from tracker.feed_position) as position`,
      );
      const { unsent, position } = rows[0]!;
      const isStill = unsent === '0' && position === before;
      before = position;
      return isStill;
    };
    await until('the stack to be at rest', isAtRest, { withinMs: 300_000, everyMs: 1000 });
  }
}
