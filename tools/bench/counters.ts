/** Reads all counters at once: CPU of each process, commits of the database, messages of the broker. */
import pg from 'pg';
import type { Reading } from './figures.ts';
import { cpuSeconds, machineTime } from './usage.ts';

export type Counters = {
  /** `database` is the one whose commits count, `apart` the processes whose CPU does not. */
  read(database: string, apart: readonly number[]): Promise<Reading>;
  /** Has Postgres write to its files what it still owes them: otherwise one window would pay for those before it. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

/** Opens what is needed to read; `pids` is asked anew each time, because processes may be started again. */
export async function openCounters(options: {
  databaseUrl: string;
  brokerMetricsUrl: string;
  pids: () => Record<string, number | undefined>;
}): Promise<Counters> {
  // In a database of its own, so that reading is not among what is counted.
  const url = new URL(options.databaseUrl);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  // A connection that breaks fails the next reading.
  client.on('error', () => {});
  await client.connect();
  return {
    async read(database, apart) {
      const at = performance.now();
      const usage = { cpuSeconds: cpuSeconds(options.pids(), apart), ...machineTime() };
      const [commits, messages] = await Promise.all([
        commitsOf(client, database),
        publishedMessages(options.brokerMetricsUrl),
      ]);
      return { at, ...usage, commits, messages };
    },
    settle: async () => void (await client.query('checkpoint')),
    close: () => client.end(),
  };
}

/**
 * All commits, those that only read included. Every connection reports its own at most once a second: under a steady load
 * that is as late at the beginning of a window as at its end.
 */
async function commitsOf(client: pg.Client, database: string): Promise<number> {
  const { rows } = await client.query<{ commits: string }>(
    'select xact_commit as commits from pg_stat_database where datname = $1',
    [database],
  );
  return Number(rows[0]?.commits ?? NaN);
}

/** What the broker was sent, counted as it comes; the figures of its management API are seconds behind. */
async function publishedMessages(metricsUrl: string): Promise<number> {
  const answer = await fetch(metricsUrl);
  const counted = /^rabbitmq_global_messages_received_total\{[^}]*protocol="amqp091"[^}]*\} (\S+)/m;
  return Number(counted.exec(await answer.text())?.[1] ?? NaN);
}
