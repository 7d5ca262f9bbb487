/**
 * RabbitMQ from the packages of Debian or Ubuntu, without installing anything: downloaded by `apt-get`, unpacked by `dpkg` into
 * the cache folder, as any user. The system's package lists are used as they are; where they are missing or out of date, own
 * ones are fetched into the cache folder.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockWhenFree } from './lock.ts';
import { reasonOf, type StartSurroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { onPath } from './search-path.ts';
import { runTracked, unfinishedPath } from './tracked.ts';

/** Where the unpacked programs are, and the environment in which they find each other. */
export type RabbitPrograms = {
  server: string;
  epmd: string;
  environment: Record<string, string>;
  version: string;
};

/** The distribution, if it is one whose packages can be used; otherwise why not. */
export function distribution(path: string | undefined): { name: string } | { unfit: string } {
  if (process.platform !== 'linux')
    return { unfit: `the packages of Debian and Ubuntu do not run on ${process.platform}` };
  let release: Map<string, string>;
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
    release = new Map(
      lines.map((line) => [line.split('=')[0] ?? '', (line.split('=')[1] ?? '').replaceAll('"', '')]),
    );
  } catch {
    return { unfit: 'this system does not say which distribution it is (/etc/os-release)' };
  }
  const id = release.get('ID') ?? '';
  const family = new Set([id, ...(release.get('ID_LIKE') ?? '').split(' ')]);
  if (!family.has('debian') && !family.has('ubuntu')) {
    return {
      unfit: `this is ${release.get('PRETTY_NAME') ?? 'no Debian or Ubuntu'}, and only the packages of Debian and Ubuntu are unpacked by the product`,
    };
  }
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!onPath(program, path)) return { unfit: `\`${program}\` is not on the PATH` };
  }
  return { name: `${id}${release.get('VERSION_ID') ?? ''}-${process.arch}` };
}

/** What is unpacked already. */
export function unpackedPackages(cache: string, system: string): RabbitPrograms | undefined {
  if (!existsSync(cache)) return undefined;
  const folder = readdirSync(cache)
    .filter((entry) => entry.startsWith('rabbitmq-') && entry.endsWith(`-${system}`))
    .toSorted()
    .at(-1);
  return folder === undefined ? undefined : programsIn(join(cache, folder));
}

/** Downloads and unpacks where needed; two at once do the work once. */
export async function fetchPackages(
  surroundings: StartSurroundings,
  system: string,
): Promise<RabbitPrograms> {
  const { cache, say } = surroundings;
  const lock = await lockWhenFree(join(cache, 'rabbitmq.lock'), (holder) =>
    say(`RabbitMQ: process ${holder} is already fetching the packages, waiting for it`),
  );
  try {
    const known = unpackedPackages(cache, system);
    if (known !== undefined) return known;
    return await withProgress('RabbitMQ: downloading and unpacking the packages (35 MB)', say, () =>
      unpack(surroundings, system),
    );
  } finally {
    lock.release();
  }
}

async function unpack(
  { environment, cache, track }: StartSurroundings,
  system: string,
): Promise<RabbitPrograms> {
  const work = unfinishedPath(cache, 'unpacking-rabbitmq');
  const run = (command: string, words: readonly string[]) =>
    runTracked(command, words, {
      environment: { ...environment, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      folder: cache,
      track,
    });
  try {
    const archives = await download(cache, work, run);
    const root = join(work, 'root');
    for (const archive of archives) await run('dpkg-deb', ['-x', archive, root]);
    const version =
      /rabbitmq-server_([^_]+)_/.exec(archives.join(' '))?.[1]?.replaceAll(/[^\w.+~-]/g, '') ?? 'unknown';
    const final = join(cache, `rabbitmq-${version}-${system}`);
    // Debian writes the place Erlang is installed at into its start script.
    const script = join(root, 'usr/lib/erlang/bin/erl');
    const text = readFileSync(script, 'utf8');
    writeFileSync(
      script,
      text.replaceAll(/ROOTDIR=\/usr\/lib\/erlang.*/g, `ROOTDIR="${join(final, 'usr/lib/erlang')}"`),
    );
    renameSync(root, final);
    return programsIn(final);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(
  cache: string,
  work: string,
  run: (command: string, words: readonly string[]) => Promise<string>,
): Promise<string[]> {
  const archives = join(work, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const options = [
    'Debug::NoLocking=1',
    `Dir::Cache=${work}`,
    `Dir::Cache::archives=${archives}`,
    'APT::Sandbox::User=',
  ];
  const lists = join(cache, 'package-lists');
  const apt = (extra: readonly string[], command: readonly string[]) =>
    run('apt-get', [...[...options, ...extra].flatMap((option) => ['-o', option]), ...command]);
  const install = ['install', '-y', '--no-install-recommends', '--download-only', 'rabbitmq-server'];
  try {
    await apt([], install);
  } catch (first) {
    // No lists, or lists that name packages the mirror no longer has.
    mkdirSync(join(lists, 'partial'), { recursive: true });
    const own = [`Dir::State::Lists=${lists}`];
    try {
      await apt(own, ['update']);
      await apt(own, install);
    } catch (second) {
      throw new Error(`apt-get: ${reasonOf(first)}; with fresh package lists: ${reasonOf(second)}`, {
        cause: second,
      });
    }
  }
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file));
}

function programsIn(folder: string): RabbitPrograms {
  const servers = join(folder, 'usr/lib/rabbitmq/lib');
  const server = readdirSync(servers).find((entry) => entry.startsWith('rabbitmq_server-')) ?? '';
  const bin = join(folder, 'usr/lib/erlang/bin');
  const libraries = ['usr/lib', 'lib'].flatMap((parent) => {
    const full = join(folder, parent);
    return existsSync(full)
      ? readdirSync(full)
          .filter((entry) => entry.endsWith('-linux-gnu'))
          .map((entry) => join(full, entry))
      : [];
  });
  return {
    server: join(servers, server, 'sbin/rabbitmq-server'),
    epmd: join(bin, 'epmd'),
    environment: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, LD_LIBRARY_PATH: libraries.join(':') },
    version: server.replace('rabbitmq_server-', ''),
  };
}
