/**
 * RabbitMQ from Debian's packages, on any Linux and as any user, without installing anything: unpacked into the cache folder and
 * started by the loader and with the libraries that come along. The release is the stable one: its RabbitMQ stays the same but for fixes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../adapters/config.ts';
import { debianProcessors, fetchPackage, findPackages } from './debian-archive.ts';
import { quoted, startByOwnLoader, unpacker, unpackPackage } from './debian-unpack.ts';
import { megabytes } from './download.ts';
import { withLock } from './lock.mjs';
import type { StartSurroundings, Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { unfinishedPath } from './tracked-runs.ts';

/** Where the programs are, and the environment in which they find each other. */
export type RabbitPrograms = {
  server: string;
  epmd: string;
  environment: Record<string, string>;
  version: string;
};

/** The server, the parts of Erlang that it needs, and the libraries that those need. */
const packages = [
  'rabbitmq-server',
  'erlang-base',
  ...'asn1 crypto eldap eunit inets mnesia os-mon parsetools public-key runtime-tools ssl syntax-tools tools xmerl'
    .split(' ')
    .map((part) => `erlang-${part}`),
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'libsystemd0',
  'libcap2',
  'libtinfo6',
  'libssl3t64',
  'libzstd1',
  'zlib1g',
];

/** How much the first start downloads: the packages and their index. */
export const downloadSize = '55 MB';

/** Why the packages cannot be used on this machine; undefined where they can. */
export function packagesUnfit(path: string | undefined): string | undefined {
  if (process.platform !== 'linux') return `Debian’s packages do not run on ${process.platform}`;
  if (debianProcessors[process.arch] === undefined)
    return `Debian’s packages are used on x64 and arm64 only, and this is ${process.arch}`;
  return unpacker(path) === undefined
    ? 'neither `dpkg-deb` nor `xz` is on the PATH, to unpack Debian’s packages with'
    : undefined;
}

/** What is unpacked already. */
export function unpackedPackages({ cache, environment }: Surroundings): RabbitPrograms | undefined {
  if (!existsSync(cache)) return undefined;
  const folder = readdirSync(cache)
    .filter((entry) => entry.startsWith('rabbitmq-') && entry.endsWith(suffix(environment)))
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
  return folder === undefined ? undefined : programsIn(join(cache, folder));
}

/** Downloads and unpacks where needed; two at once do the work once. */
export async function fetchPackages(surroundings: StartSurroundings): Promise<RabbitPrograms> {
  const { cache, say } = surroundings;
  const waiting = (holder: number) =>
    say(`RabbitMQ: process ${holder} is already fetching the packages, waiting for it`);
  return withLock(join(cache, 'rabbitmq.lock'), waiting, async () => {
    const known = unpackedPackages(surroundings);
    if (known !== undefined) return known;
    let received = 0;
    return await withProgress(
      `RabbitMQ: downloading and unpacking Debian’s packages (${downloadSize})`,
      say,
      () => fetchAll(surroundings, (bytes) => (received += bytes)),
      () => megabytes(received),
    );
  });
}

async function fetchAll(
  { environment, cache }: StartSurroundings,
  received: (bytes: number) => void,
): Promise<RabbitPrograms> {
  const { name: processor, libraries } = debianProcessors[process.arch]!;
  const work = unfinishedPath(cache, 'unpacking-rabbitmq');
  const root = join(work, 'root');
  mkdirSync(root, { recursive: true });
  try {
    const found = await findPackages(packages, processor, work, environment, received);
    await Promise.all(
      found.map(async (one) =>
        unpackPackage(await fetchPackage(one, work, environment, received), root, environment.PATH),
      ),
    );
    const version = found.find(({ name }) => name === 'rabbitmq-server')!.version;
    const place = join(cache, `rabbitmq-${version}${suffix(environment)}`);
    startByOwnLoader(root, 'usr/lib/erlang', join('usr/lib', libraries), place);
    setErlangRoot(join(root, 'usr/lib/erlang'), join(place, 'usr/lib/erlang'));
    renameSync(root, place);
    return programsIn(place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian writes the place Erlang is installed at into its start scripts. */
function setErlangRoot(erlang: string, place: string): void {
  const runtime = readdirSync(erlang).find((entry) => entry.startsWith('erts-')) ?? '';
  for (const folder of ['bin', join(runtime, 'bin')]) {
    const script = join(erlang, folder, 'erl');
    const text = readFileSync(script, 'utf8');
    writeFileSync(
      script,
      text.replaceAll('ROOTDIR=/usr/lib/erlang', () => `ROOTDIR=${quoted(place)}`),
    );
  }
}

function suffix(environment: NodeJS.ProcessEnv): string {
  return `-${readConfig(['DEBIAN_SUITE'], environment).DEBIAN_SUITE}-${process.arch}`;
}

function programsIn(folder: string): RabbitPrograms {
  const servers = join(folder, 'usr/lib/rabbitmq/lib');
  const server = readdirSync(servers).find((entry) => entry.startsWith('rabbitmq_server-')) ?? '';
  const bin = join(folder, 'usr/lib/erlang/bin');
  return {
    server: join(servers, server, 'sbin/rabbitmq-server'),
    epmd: join(bin, 'epmd'),
    environment: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` },
    version: server.replace('rabbitmq_server-', ''),
  };
}
