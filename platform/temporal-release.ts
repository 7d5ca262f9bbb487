/** The official release of the Temporal CLI: downloaded into the cache folder, checked, and moved into place in one step. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as tar from 'tar';
import { readConfig } from '../config.ts';
import { ask, download, megabytes } from './download.ts';
import { reasonOf, type Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { unfinishedPath } from './tracked.ts';

const run = promisify(execFile);
const release = '1.9.1';

/** What the program is called here. */
export const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Where the release for this system is downloaded from. */
export function releaseUrl(environment: NodeJS.ProcessEnv): string {
  const { TEMPORAL_DOWNLOAD_URL: base } = readConfig(['TEMPORAL_DOWNLOAD_URL'], environment);
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return new URL(
    `temporal_cli_${release}_${os}_${arch}.${os === 'windows' ? 'zip' : 'tar.gz'}`,
    base.replace(/\/?$/, '/'),
  ).href;
}

/** Whether the release can be downloaded: asks for its head only. */
export async function releaseAnswers(url: string, environment: NodeJS.ProcessEnv): Promise<true | string> {
  try {
    const { statusCode, body } = await ask(url, environment, 'HEAD');
    await body.dump();
    return statusCode < 400 || statusCode === 405 ? true : `${url} answered ${statusCode}`;
  } catch (error) {
    return `${url} cannot be reached (${reasonOf(error)})`;
  }
}

/** Where the release is kept. */
export function releasePath(cache: string): string {
  return join(cache, `temporal-cli-${release}`, program);
}

/** Downloads the release and resolves with its path. */
export async function downloadRelease({ environment, cache, say }: Surroundings): Promise<string> {
  const url = releaseUrl(environment);
  const work = unfinishedPath(cache, 'temporal-download');
  mkdirSync(work, { recursive: true });
  try {
    const archive = join(work, url.split('/').at(-1)!);
    let received = 0;
    let total = 0;
    await withProgress(
      `Temporal: downloading ${url}`,
      say,
      () =>
        download(url, archive, environment, (bytes, of) => {
          received += bytes;
          total = of;
        }),
      () => `${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ''}`,
    );
    await unpack(archive, work, url);
    return moveInto(join(work, program), releasePath(cache));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpack(archive: string, folder: string, url: string): Promise<void> {
  try {
    // Windows brings a `tar` that reads zip archives.
    if (archive.endsWith('.zip')) await run('tar', ['-xf', archive, '-C', folder]);
    else await tar.extract({ file: archive, cwd: folder, strict: true, filter: (path) => path === program });
  } catch (error) {
    throw new Error(`the archive from ${url} is damaged (${reasonOf(error)})`, { cause: error });
  }
  if (!existsSync(join(folder, program)))
    throw new Error(`the archive from ${url} does not hold \`${program}\``);
}

/** Into place in one step, so that nobody ever runs half a binary. */
export function moveInto(file: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  renameSync(file, path);
  return path;
}
