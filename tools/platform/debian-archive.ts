/**
 * Debian's package archive, read over HTTP on any Linux: the index of a release with its signature, and the packages that it
 * names. The signature is checked with Debian's own keys, which lie beside this file; the signed index holds the digest of each list
 * of packages, and a list the digest of each package. So a mirror need not be trusted, and security fixes arrive with the
 * release's updates, which remove the files that they replace: a pinned list of files would not last.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readCleartextMessage, readKeys, verify } from 'openpgp';
import { readConfig } from '../../adapters/config.ts';
import { answersUrl, download, type Downloading, expectDigest } from './download.ts';

/** A package of the release: where it is on the mirror, and what must arrive. */
export type DebianPackage = { name: string; version: string; path: string; sha256: string; size: number };

/** Node's names of the processors that are supported, as Debian has them. */
export const debianProcessors: Readonly<Record<string, { name: string; libraries: string }>> = {
  x64: { name: 'amd64', libraries: 'x86_64-linux-gnu' },
  arm64: { name: 'arm64', libraries: 'aarch64-linux-gnu' },
};

/** Whether the archive can be reached. */
export function archiveAnswers(environment: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<true | string> {
  return answersUrl(`${releaseOf(environment)}/InRelease`, environment, signal);
}

/** Downloads the signed index into a folder, and resolves with the named packages; throws if the release lacks one. */
export async function findPackages(
  names: readonly string[],
  processor: string,
  folder: string,
  downloading: Downloading,
): Promise<DebianPackage[]> {
  const release = releaseOf(downloading.environment);
  const signed = join(folder, 'InRelease');
  await download(`${release}/InRelease`, signed, downloading);
  const index = await signedText(await readFile(signed, 'utf8'), `${release}/InRelease`);
  const list = `main/binary-${processor}/Packages.gz`;
  const sha256 = digestIn(index, list);
  if (sha256 === undefined) throw new Error(`${release}/InRelease names no ${list}`);
  const packed = join(folder, 'Packages.gz');
  // By its digest, so that an update of the mirror in between does no harm.
  const url = `${release}/main/binary-${processor}/by-hash/SHA256/${sha256}`;
  expectDigest(url, await download(url, packed, downloading), sha256);
  const found = packagesIn(
    (await promisify(gunzip)(await readFile(packed))).toString('utf8'),
    new Set(names),
  );
  const missing = names.filter((name) => !found.some((one) => one.name === name));
  if (missing.length > 0) throw new Error(`${release} holds no ${missing.join(', ')}`);
  return found;
}

/** Downloads a package and resolves with its file. */
export async function fetchPackage(
  { path, sha256 }: DebianPackage,
  folder: string,
  downloading: Downloading,
): Promise<string> {
  const url = `${mirror(downloading.environment)}/${path}`;
  const file = join(folder, path.split('/').at(-1)!);
  expectDigest(url, await download(url, file, downloading), sha256);
  return file;
}

/** The text that Debian signed; throws if no key of Debian signed it. */
export async function signedText(cleartextMessage: string, source: string): Promise<string> {
  const keys = await readFile(new URL('debian-archive-trixie.asc', import.meta.url), 'utf8');
  try {
    const { data, signatures } = await verify({
      message: await readCleartextMessage({ cleartextMessage }),
      verificationKeys: await readKeys({ armoredKeys: keys }),
    });
    // Debian signs with several keys, of which some may be older or newer than ours.
    await Promise.any(signatures.map((signature) => signature.verified));
    return data;
  } catch (error) {
    throw new Error(`${source} is not signed by Debian`, { cause: error });
  }
}

/** The SHA-256 that an index gives for a file. */
export function digestIn(index: string, file: string): string | undefined {
  const sums = index.split(/^SHA256:$/m)[1] ?? '';
  return sums
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, , name]) => name === file)?.[0];
}

/** The wanted packages in a list. */
export function packagesIn(list: string, wanted: ReadonlySet<string>): DebianPackage[] {
  return list
    .split('\n\n')
    .map(
      (entry) => new Map([...entry.matchAll(/^([\w-]+): (.*)$/gm)].map(([, name, value]) => [name, value])),
    )
    .filter((entry) => wanted.has(entry.get('Package') ?? ''))
    .map((entry) => ({
      name: entry.get('Package') ?? '',
      version: entry.get('Version') ?? '',
      path: entry.get('Filename') ?? '',
      sha256: entry.get('SHA256') ?? '',
      size: Number(entry.get('Size')),
    }));
}

function releaseOf(environment: NodeJS.ProcessEnv): string {
  return `${mirror(environment)}/dists/${readConfig(['DEBIAN_SUITE'], environment).DEBIAN_SUITE}`;
}

function mirror(environment: NodeJS.ProcessEnv): string {
  return readConfig(['DEBIAN_MIRROR'], environment).DEBIAN_MIRROR.replace(/\/$/, '');
}
