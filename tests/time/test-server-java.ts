/**
 * The time-skipping test server as Java program: its jars by Maven, kept in the cache folder, and a script that starts it
 * well within the 5 s that the SDK allows. The classes are archived once in the form the Java VM maps into memory: that
 * takes the start from 0.8 s to 0.4 s on idle cores, and from 2 s to 0.7 s where both cores are busy.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../adapters/waiting.ts';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { withLock } from '../../tools/platform/lock.mjs';
import { withProgress } from '../../tools/platform/progress.ts';
import { onPath } from '../../tools/platform/search-path.ts';
import { reachTemporal } from '../../tools/platform/temporal-connection.ts';

const run = promisify(execFile);
const version = '1.38.0';
const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const mainClass = 'io.temporal.testserver.TestServer';

/** Where to look for programs, where to keep things, whom to tell about long steps. */
export type From = { path: string | undefined; cache: string; say: (line: string) => void };

/** Whether the jars are here already. */
export function javaServerIsKept(cache: string): boolean {
  return existsSync(jarsIn(cache));
}

/** Path of the script that starts the server; fetches and prepares it the first time. Throws what is missing. */
export async function javaTestServer({ path, cache, say }: From): Promise<string> {
  if (process.platform === 'win32') throw new Error('the start script needs a POSIX shell');
  const java = onPath('java', path);
  if (java === undefined) throw new Error('`java` is not on the PATH');
  return withLock(
    join(cache, 'temporal-test-server.lock'),
    () => {},
    async () => {
      const jars = jarsIn(cache);
      if (!existsSync(jars)) await fetchJars(path, jars, say);
      const classPath = (await readdir(jars)).toSorted().map((jar) => join(jars, jar));
      // An archive fits one Java only; after an update of Java a new one is made.
      const { stderr: javaVersion } = await run(java, ['-version'], { timeout: 20_000 });
      const key = createHash('sha256')
        .update(java + javaVersion + preamble)
        .digest('hex')
        .slice(0, 12);
      const archive = join(folderIn(cache), `classes-${key}.jsa`);
      const script = join(folderIn(cache), `start-${key}.sh`);
      if (!existsSync(script)) {
        await archiveClasses(java, classPath, archive);
        await writeScript(script, [java, ...options(classPath, `-XX:SharedArchiveFile=${archive}`)]);
      }
      return script;
    },
  );
}

const folderIn = (cache: string) => join(cache, `temporal-test-server-${version}`);
const jarsIn = (cache: string) => join(folderIn(cache), 'jars');

/** Quick to start rather than quick in the long run. An older Java ignores what it does not know. */
function options(classPath: readonly string[], archiving: string): string[] {
  const quick = ['-XX:+IgnoreUnrecognizedVMOptions', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return [...quick, '-Xshare:auto', archiving, '-cp', classPath.join(':'), mainClass];
}

async function fetchJars(path: string | undefined, jars: string, say: From['say']): Promise<void> {
  const maven = onPath('mvn', path);
  if (maven === undefined) throw new Error('`mvn` is not on the PATH');
  const work = `${jars}.${process.pid}`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await writeFile(join(work, 'pom.xml'), pom);
    const copy = [`${mavenPlugin}:copy-dependencies`, '-DincludeScope=runtime', '-DoutputDirectory=jars'];
    await withProgress(`Temporal test server ${version}: fetching its jars with Maven`, say, () =>
      run(maven, ['--batch-mode', '--quiet', ...copy], { cwd: work, timeout: 180_000 }),
    );
    await rename(join(work, 'jars'), jars);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Lets the server start once, answer, and note at its end which classes that took. */
async function archiveClasses(java: string, classPath: readonly string[], archive: string): Promise<void> {
  const port = await getPort();
  const server = spawn(java, [...options(classPath, `-XX:ArchiveClassesAtExit=${archive}`), String(port)], {
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  try {
    await answers(`127.0.0.1:${port}`);
    server.kill('SIGTERM');
    await Promise.race([ended, deadline(30_000, 'the class archive to be written')]);
  } catch (error) {
    // Starting without an archive is slower, and possible.
    console.warn(`The Temporal test server has no class archive: ${String(error)}`);
  } finally {
    server.kill('SIGKILL');
  }
}

async function answers(address: string): Promise<void> {
  await until(`${address} to answer`, async () => {
    await reachTemporal(address, {});
    return true;
  });
}

async function deadline(milliseconds: number, what: string): Promise<never> {
  await delay(milliseconds, undefined, { ref: false });
  throw new Error(`waited ${milliseconds / 1000} s for ${what}`);
}

/** In one step, so that a script that is there is whole. */
async function writeScript(script: string, command: readonly string[]): Promise<void> {
  const quoted = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  await writeFile(`${script}.unfinished`, `${preamble}exec ${quoted.join(' ')} "$@"\n`, { mode: 0o755 });
  await rename(`${script}.unfinished`, script);
}

/**
 * The SDK ends the pid that it started, hence the `exec` after this; but not a server that was not there after 5 s, and none
 * when the tests themselves are killed. So a shell beside it looks every second whether both are still alive.
 */
const preamble = `#!/bin/sh
tests=$PPID
(while kill -0 "$tests" && kill -0 $$; do sleep 1; done; kill -9 $$) </dev/null >/dev/null 2>&1 &
`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>duet</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;
