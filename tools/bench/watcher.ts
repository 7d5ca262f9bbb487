/**
 * Notices when a signup is notified: asks the system's database for all that are outstanding, over one connection, as
 * often for one system as for the other. Nothing is added to the system for it, and nothing that it writes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Where a system records that a signup was notified: `sql` returns the `id` of those among `$1` that were. */
export type NotifiedRecord = { databaseUrl: string; sql: string };

export type Watcher = {
  /** Resolves with the moment (of `performance.now`) at which the signup was seen to be notified. */
  notified(id: string): Promise<number>;
  /** The server process that asks: its CPU time is not the system's. */
  backend: number;
  close(): Promise<void>;
};

const patienceMs = 60_000;

export async function openWatcher({ databaseUrl, sql }: NotifiedRecord): Promise<Watcher> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'bench' });
  // A connection that breaks fails the next look.
  client.on('error', () => {});
  await client.connect();
  const { rows: begun } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await client.query('set plan_cache_mode = force_generic_plan');
  // One transaction for all that is asked: it would otherwise show up among the commits of the system. At this isolation
  // level every statement sees what is committed by then, and between two of them nothing is held back.
  await client.query('begin isolation level read committed read only');
  const outstanding = new Map<
    string,
    { since: number; seen: (at: number) => void; lost: (why: Error) => void }
  >();
  let wake = () => {};
  let closed = false;
  let broken: Error | undefined;
  const watching = watch().catch((error: Error) => {
    broken = error;
    for (const { lost } of outstanding.values()) lost(error);
  });

  return {
    backend: begun[0]!.pid,
    notified: (id) =>
      new Promise((seen, lost) => {
        if (broken) return lost(broken);
        outstanding.set(id, { since: performance.now(), seen, lost });
        wake();
      }),
    async close() {
      closed = true;
      wake();
      await watching;
      await client.end();
    },
  };

  async function watch(): Promise<void> {
    while (!closed) {
      if (outstanding.size === 0) await new Promise<void>((resolve) => (wake = resolve));
      else await look();
    }
  }

  async function look(): Promise<void> {
    const { rows } = await client.query<{ id: string }>({
      name: 'notified',
      text: sql,
      values: [[...outstanding.keys()]],
    });
    const now = performance.now();
    for (const { id } of rows) {
      outstanding.get(id)?.seen(now);
      outstanding.delete(id);
    }
    for (const [id, { since, lost }] of outstanding) {
      if (now - since < patienceMs) break;
      lost(new Error(`signup ${id} was not notified within ${patienceMs / 1000} s`));
      outstanding.delete(id);
    }
    // Fine where a signup takes milliseconds, coarse where many queue: a few hundredths of what is measured. Looking more often
    // takes a noticeable part of the machine from what is measured.
    await delay(Math.min(10, Math.max(1, outstanding.size / 4)));
  }
}
