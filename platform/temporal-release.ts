/** The official release of the Temporal CLI: downloaded into the cache folder, checked, and moved into place in one step. */
import { execFile } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import * as tar from 'tar';
import { Agent, request } from 'undici';
import { readConfig } from '../config.ts';
import { reasonOf, type Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { unfinishedPath } from './tracked.ts';

const run = promisify(execFile);
const release = '1.9.1';
const silenceMs = 5_000;

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
export async function releaseAnswers(url: string): Promise<true | string> {
  try {
    const { statusCode } = await request(url, { method: 'HEAD', dispatcher: quick() });
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
    const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
    await withProgress(
      `Temporal: downloading ${url}`,
      say,
      async () => {
        const { statusCode, headers, body } = await follow(url);
        if (statusCode !== 200) {
          await body.dump();
          throw new Error(`${url} answered ${statusCode}`);
        }
        total = Number(headers['content-length'] ?? 0);
        body.on('data', (chunk: Buffer) => (received += chunk.length));
        await pipeline(body, createWriteStream(archive));
      },
      () => `${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ''}`,
    );
    if (total > 0 && statSync(archive).size !== total) {
      throw new Error(`${url} ended after ${statSync(archive).size} of ${total} bytes`);
    }
    await unpack(archive, work, url);
    return moveInto(join(work, program), releasePath(cache));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Redirects are followed by hand: a release host usually points to where the files really are. */
async function follow(url: string, hops = 5): Promise<Awaited<ReturnType<typeof request>>> {
  const answer = await request(url, { dispatcher: quick() });
  const { location } = answer.headers;
  if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string' || hops === 0)
    return answer;
  await answer.body.dump();
  return follow(new URL(location, url).href, hops - 1);
}

function quick(): Agent {
  return new Agent({
    connect: { timeout: silenceMs },
    headersTimeout: 2 * silenceMs,
    bodyTimeout: 6 * silenceMs,
  });
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
