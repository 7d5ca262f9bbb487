/**
 * The jars of Kafka's server from Maven Central, without Maven: the ones listed in `kafka-jars.sha256`, checked by that digest. Each
 * appears in the cache folder complete or not at all, and what an interrupted start has fetched need not be fetched again.
 *
 * The list is what Maven resolves for `org.apache.kafka:kafka_2.13`, and the binding that brings its log to Log4j:
 * `mvn dependency:copy-dependencies -DincludeScope=runtime -Dmdep.useRepositoryLayout=true`, then `sha256sum`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfig } from '../../adapters/config.ts';
import { sideBySide } from '../../adapters/side-by-side.ts';
import { answersUrl, download, expectDigest, megabytes } from './download.ts';
import { withLock } from './lock.mjs';
import type { Surroundings } from './part.ts';
import { withProgress } from './progress.ts';

/** A file of Maven's repository: where it is below its root, and what must arrive. */
export type Jar = { path: string; sha256: string };

/** The version of Kafka that is embedded. */
export const kafkaVersion = '4.4.0';

/** How much the first start downloads. */
export const jarsSize = '45 MB';

/** The jars of that version. */
export const kafkaJars: readonly Jar[] = readFileSync(new URL('kafka-jars.sha256', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [sha256 = '', path = ''] = line.split(/\s+/);
    return { path, sha256 };
  });

const atOnce = 6;

/** Where the jars are kept; undefined while one of them is missing. */
export function presentJars(cache: string, jars = kafkaJars): string | undefined {
  const folder = folderIn(cache);
  return jars.every(({ path }) => existsSync(join(folder, basename(path)))) ? folder : undefined;
}

/** Whether the jars could be downloaded. */
export function jarsAnswer(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<true | string> {
  return answersUrl(urlOf(kafkaJars[0]!, environment), environment, signal);
}

/** Downloads the jars that are missing, and resolves with their folder; two at once do the work once. */
export async function fetchJars(
  { environment, cache, say }: Surroundings,
  signal: AbortSignal,
  jars = kafkaJars,
): Promise<string> {
  const waiting = (holder: number, soFar: string) =>
    say(`Kafka: process ${holder} is already downloading it, waiting for it${soFar}`);
  const work = async () => {
    const present = presentJars(cache, jars);
    if (present !== undefined) return present;
    let bytes = 0;
    const received = (more: number) => (bytes += more);
    const oneOfFew = sideBySide(atOnce);
    // The first failure ends the others, so that none of them goes on behind the back of the next attempt.
    const failing = new AbortController();
    const downloading = { environment, received, signal: AbortSignal.any([signal, failing.signal]) };
    const fetchOne = async (jar: Jar) => {
      try {
        await oneOfFew(() => fetchJar(jar, folderIn(cache), downloading));
      } catch (error) {
        failing.abort(error);
        throw error;
      }
    };
    await withProgress(
      `Kafka: downloading ${kafkaVersion} (${jarsSize})`,
      say,
      async () => {
        const outcomes = await Promise.allSettled(jars.map(fetchOne));
        failing.signal.throwIfAborted();
        return outcomes;
      },
      () => megabytes(bytes),
    );
    return folderIn(cache);
  };
  return withLock(join(cache, 'kafka.lock'), waiting, work, signal);
}

async function fetchJar(
  jar: Jar,
  folder: string,
  downloading: Parameters<typeof download>[2],
): Promise<void> {
  downloading.signal?.throwIfAborted();
  const file = join(folder, basename(jar.path));
  if (existsSync(file)) return;
  mkdirSync(folder, { recursive: true });
  const url = urlOf(jar, downloading.environment);
  const part = `${file}.part`;
  try {
    expectDigest(url, await download(url, part, downloading), jar.sha256);
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

function folderIn(cache: string): string {
  return join(cache, `kafka-${kafkaVersion}`);
}

function urlOf({ path }: Jar, environment: NodeJS.ProcessEnv): string {
  const { MAVEN_URL: base } = readConfig(['MAVEN_URL'], environment);
  return new URL(path, base.replace(/\/?$/, '/')).href;
}
