/**
 * The Java that Kafka runs on: that of `JAVA_HOME` or of the PATH where it is new enough, else the one of Debian's packages,
 * unpacked into the cache folder.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfig } from '../../adapters/config.ts';
import { archiveAnswers } from './debian-archive.ts';
import { type DebianPrograms, fetchPrograms, packagesUnfit, unpackedFolder } from './debian-programs.ts';
import type { Surroundings } from './part.ts';
import { onPath } from './search-path.ts';
import { versionOf } from './versions.ts';

/** What the classes of Kafka 4 are compiled for. */
const oldestJava = 17;

/** A Java that Kafka runs on: its program, and what it is called in sentences. */
export type Java = { program: string; called: string };

/** What Java is there, what would be fetched, or why neither. */
export type JavaPlan = { present: Java } | { fetched: string; downloads: string } | { missing: string };

const debianJava: DebianPrograms = {
  name: 'java',
  title: 'Java',
  packages: ['openjdk-21-jre-headless', 'libc6', 'libgcc-s1', 'libstdc++6', 'zlib1g'],
  downloadSize: '55 MB',
  startedByLoader: 'usr/lib/jvm',
  // Its settings are links to here.
  alsoUnpacked: 'etc/java-21-openjdk',
};

/** Says which Java Kafka would run on; asks whether Debian's could be downloaded, but downloads nothing. */
export async function planJava(surroundings: Surroundings, signal: AbortSignal): Promise<JavaPlan> {
  const { environment } = surroundings;
  const installed = await installedJava(environment);
  if ('program' in installed) return { present: installed };
  const unpacked = unpackedFolder(debianJava.name, surroundings);
  if (unpacked !== undefined) return { present: javaIn(unpacked) };
  const unfit = packagesUnfit(environment.PATH);
  if (unfit !== undefined) return { missing: `${installed.missing}, ${unfit}` };
  const answers = await archiveAnswers(environment, signal);
  return answers === true
    ? { fetched: `${installed.missing}; the Java of Debian’s packages`, downloads: debianJava.downloadSize }
    : { missing: `${installed.missing}, ${answers}` };
}

/** The Java that there is, else Debian's, fetched. */
export async function haveJava(surroundings: Surroundings, signal: AbortSignal): Promise<Java> {
  const installed = await installedJava(surroundings.environment);
  return 'program' in installed ? installed : javaIn(await fetchPrograms(debianJava, surroundings, signal));
}

async function installedJava(environment: NodeJS.ProcessEnv): Promise<Java | { missing: string }> {
  const name = process.platform === 'win32' ? 'java.exe' : 'java';
  const { JAVA_HOME: home } = readConfig(['JAVA_HOME'], environment);
  const program = home === undefined ? onPath(name, environment.PATH) : join(home, 'bin', name);
  if (program === undefined) return { missing: '`java` is not on the PATH' };
  const version = await versionOf(program, '-version', /version "([\d.]+)/);
  if (version === undefined) return { missing: `${program} does not run` };
  return Number(version.split('.')[0]) < oldestJava
    ? { missing: `${program} is Java ${version}, and ${oldestJava} or newer is needed` }
    : { program, called: `Java ${version} (${program})` };
}

function javaIn(folder: string): Java {
  const machines = join(folder, 'usr/lib/jvm');
  const machine = readdirSync(machines).find((entry) => /^java-\d+-openjdk/.test(entry)) ?? '';
  return { program: join(machines, machine, 'bin/java'), called: `the Java of ${basename(folder)}` };
}
