/**
 * The Temporal CLI, which holds the server: from the PATH if its server is new enough, else the official release, else built
 * from its Go module. Both are kept in the cache folder by version; several may fetch at once.
 */
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tar from 'tar';
import { Agent, request } from 'undici';
import { readConfig } from '../config.ts';
import { lockWhenFree } from './lock.ts';
import { reasonOf, type Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { onPath } from './rabbitmq-packages.ts';

const run = promisify(execFile);

/** Time skipping per workflow, which fast-forward needs, came with this server. */
export const oldestServer = '1.32.0';
const release = '1.9.1';
const built = { cli: '1.8.2', server: '1.32.0', go: '1.26' };
const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const silenceMs = 5_000;

/** A usable binary. */
export type TemporalBinary = { path: string; server: string; way: 'found' | 'embedded' };

/** The binary that is there already; otherwise why not. */
export async function presentBinary({
  environment,
  cache,
}: Surroundings): Promise<TemporalBinary | { missing: string }> {
  const onTheWay = onPath(program, environment.PATH);
  let missing = '`temporal` is not on the PATH';
  if (onTheWay !== undefined) {
    const server = await serverOf(onTheWay);
    if (server !== undefined && !isOlder(server, oldestServer))
      return { path: onTheWay, server, way: 'found' };
    missing = `${onTheWay} holds server ${server ?? 'unknown'}, and ${oldestServer} or newer is needed`;
  }
  for (const path of [releasePath(cache), builtPath(cache)]) {
    const server = existsSync(path) ? await serverOf(path) : undefined;
    if (server !== undefined) return { path, server, way: 'embedded' };
  }
  return { missing };
}

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

/** The version of Go on the PATH, or why it cannot build. */
export async function goVersion(
  environment: NodeJS.ProcessEnv,
): Promise<{ version: string } | { unfit: string }> {
  if (onPath(process.platform === 'win32' ? 'go.exe' : 'go', environment.PATH) === undefined) {
    return { unfit: 'Go is not on the PATH, so it cannot be built' };
  }
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'], { env: environment, cwd: '/' });
    const version = stdout.trim().replace(/^go/, '');
    // From 1.21 on, Go fetches the newer toolchain a module asks for by itself.
    return isOlder(version, '1.21')
      ? { unfit: `Go ${version} is too old to build it, ${built.go} is needed` }
      : { version };
  } catch (error) {
    return { unfit: `\`go env\` failed: ${reasonOf(error)}` };
  }
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

/** Downloads or builds; throws an `AggregateError` of what was tried. */
export async function fetchBinary(surroundings: Surroundings): Promise<TemporalBinary> {
  const { cache, say } = surroundings;
  const lock = await lockWhenFree(join(cache, 'temporal.lock'), (holder) =>
    say(`Temporal: process ${holder} is already fetching it, waiting for it`),
  );
  const tried: unknown[] = [];
  try {
    const present = await presentBinary(surroundings);
    if ('path' in present) return present;
    for (const attempt of [download, build]) {
      try {
        const path = await attempt(surroundings);
        const server = await serverOf(path);
        if (server !== undefined) return { path, server, way: 'embedded' };
        rmSync(path, { force: true });
        throw new Error(`${path} does not run`);
      } catch (error) {
        tried.push(error);
        say(`Temporal: ${reasonOf(error)}`);
      }
    }
  } finally {
    lock.release();
  }
  throw new AggregateError(tried);
}

async function download({ environment, cache, say }: Surroundings): Promise<string> {
  const url = releaseUrl(environment);
  const work = join(cache, `temporal-download.${process.pid}`);
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
        await pipeline(Readable.from(body), createWriteStream(archive));
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
    throw new Error(`the archive from ${url} is damaged (${reasonOf(error)})`);
  }
  if (!existsSync(join(folder, program)))
    throw new Error(`the archive from ${url} does not hold \`${program}\``);
}

async function build({ environment, cache, say }: Surroundings): Promise<string> {
  const go = await goVersion(environment);
  if ('unfit' in go) throw new Error(go.unfit);
  const unfinished = join(cache, `temporal-build.${process.pid}`);
  mkdirSync(cache, { recursive: true });
  let last = '';
  try {
    await withProgress(
      `Temporal: building its CLI ${built.cli} with Go ${go.version} (5 minutes the first time)`,
      say,
      () =>
        new Promise<void>((resolve, reject) => {
          const child = spawn(
            'go',
            [
              'build',
              '-trimpath',
              '-ldflags',
              '-s -w',
              '-v',
              '-o',
              unfinished,
              'github.com/temporalio/cli/cmd/temporal',
            ],
            {
              cwd: fileURLToPath(new URL('temporal-cli', import.meta.url)),
              env: { ...environment, CGO_ENABLED: '0' },
              stdio: ['ignore', 'ignore', 'pipe'],
            },
          );
          // Ours to end: a build that outlives a Ctrl-C would go on for minutes.
          const end = () => child.kill('SIGTERM');
          process.once('exit', end);
          child.stderr.on('data', (chunk) => (last = String(chunk).trim().split('\n').at(-1) ?? last));
          child.once('error', reject);
          child.once('close', (code) => {
            process.off('exit', end);
            if (code === 0) resolve();
            else reject(new Error(`building it with Go failed: ${last}`));
          });
        }),
      () => last,
    );
    return moveInto(unfinished, builtPath(cache));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Into place in one step, so that nobody ever runs half a binary. */
function moveInto(file: string, path: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  renameSync(file, path);
  return path;
}

async function serverOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return /Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

function releasePath(cache: string): string {
  return join(cache, `temporal-cli-${release}`, program);
}

function builtPath(cache: string): string {
  return join(cache, `temporal-cli-${built.cli}-server-${built.server}`, program);
}
