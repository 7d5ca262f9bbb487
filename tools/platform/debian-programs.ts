/**
 * Programs from Debian's packages, on any Linux and as any user, without installing anything: unpacked into the cache folder and started
 * by the loader and with the libraries that come along. The release is the stable one: its versions stay the same but for fixes.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../adapters/config.ts';
import { debianProcessors, fetchPackage, findPackages } from './debian-archive.ts';
import { startByOwnLoader, unpacker, unpackPackage } from './debian-unpack.ts';
import { type Downloading, megabytes } from './download.ts';
import { withLock } from './lock.mjs';
import type { Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { unfinishedPath } from './tracked-runs.ts';

/** What is taken from the packages, and how it is kept. */
export type DebianPrograms = {
  /** The folder in the cache begins with it. */
  name: string;
  /** How it is called in sentences. */
  title: string;
  /** The first one gives the folder its version. */
  packages: readonly [string, ...string[]];
  /** How much is downloaded: the packages and their index. */
  downloadSize: string;
  /** Where the programs are that are to start by the loader that comes along. */
  startedByLoader: string;
  /** What is unpacked besides `usr/lib`. */
  alsoUnpacked?: string;
  /** Mends what has another place written into it; `place` is where the root will be. */
  mend?: (root: string, place: string) => void;
};

/** Why Debian's packages cannot be used on this machine; undefined where they can. */
export function packagesUnfit(path: string | undefined): string | undefined {
  if (process.platform !== 'linux') return `Debian’s packages do not run on ${process.platform}`;
  if (debianProcessors[process.arch] === undefined)
    return `Debian’s packages are used on x64 and arm64 only, and this is ${process.arch}`;
  return unpacker(path) === undefined
    ? 'neither `dpkg-deb` nor `xz` is on the PATH, to unpack Debian’s packages with'
    : undefined;
}

/** The folder of what is unpacked already, of its newest version. */
export function unpackedFolder(name: string, { cache, environment }: Surroundings): string | undefined {
  if (!existsSync(cache)) return undefined;
  const folder = readdirSync(cache)
    .filter((entry) => entry.startsWith(`${name}-`) && entry.endsWith(suffix(environment)))
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
  return folder === undefined ? undefined : join(cache, folder);
}

/** Downloads and unpacks where needed, and resolves with the folder; two at once do the work once. */
export async function fetchPrograms(
  programs: DebianPrograms,
  surroundings: Surroundings,
  signal?: AbortSignal,
): Promise<string> {
  const { cache, environment, say } = surroundings;
  const { name, title, downloadSize } = programs;
  const waiting = (holder: number, soFar: string) =>
    say(`${title}: process ${holder} is already fetching the packages, waiting for it${soFar}`);
  const work = async () => {
    const known = unpackedFolder(name, surroundings);
    if (known !== undefined) return known;
    let bytes = 0;
    const received = (more: number) => (bytes += more);
    return await withProgress(
      `${title}: downloading and unpacking Debian’s packages (${downloadSize})`,
      say,
      () => unpackAll(programs, cache, { environment, received, signal }),
      () => megabytes(bytes),
    );
  };
  return withLock(join(cache, `${name}.lock`), waiting, work, signal);
}

async function unpackAll(
  { name, packages, startedByLoader, alsoUnpacked, mend = () => {} }: DebianPrograms,
  cache: string,
  downloading: Downloading,
): Promise<string> {
  const { name: processor, libraries } = debianProcessors[process.arch]!;
  const { environment } = downloading;
  const work = unfinishedPath(cache, `unpacking-${name}`);
  const root = join(work, 'root');
  mkdirSync(root, { recursive: true });
  const folders = ['usr/lib', ...(alsoUnpacked === undefined ? [] : [alsoUnpacked])];
  try {
    const found = await findPackages(packages, processor, work, downloading);
    await Promise.all(
      found.map(async (one) =>
        unpackPackage(await fetchPackage(one, work, downloading), root, folders, environment.PATH),
      ),
    );
    const version = found.find((one) => one.name === packages[0])!.version;
    const place = join(cache, `${name}-${version}${suffix(environment)}`);
    startByOwnLoader(root, startedByLoader, join('usr/lib', libraries), place);
    mend(root, place);
    renameSync(root, place);
    return place;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function suffix(environment: NodeJS.ProcessEnv): string {
  return `-${readConfig(['DEBIAN_SUITE'], environment).DEBIAN_SUITE}-${process.arch}`;
}
