/**
 * Postgres refuses to run as root, so as root it runs as the user `postgres`. That user may not be able to enter the folder
 * the checkout or the state lies in (a home with mode 0700, say): then its files live under /var/lib/duet instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { PlatformError, reasonOf } from './error.ts';
import { privately } from './private-files.ts';

/** Who a process runs as; empty when it runs as ourselves. */
export type RunAs = { uid?: number; gid?: number };

const outside = '/var/lib/duet';

/** The user to run Postgres as: ourselves, or as root the user `postgres` (made if missing), else `nobody`. */
export function unprivileged(): RunAs {
  if (process.getuid?.() !== 0) return {};
  for (const prepare of [() => {}, createUser]) {
    prepare();
    const user = userNamed('postgres');
    if (user !== undefined) return user;
  }
  const nobody = userNamed('nobody');
  if (nobody !== undefined) return nobody;
  throw new PlatformError(
    'Postgres cannot run as root, and neither a user `postgres` nor `nobody` exists here. Start as an ordinary user, or set DATABASE_URL.',
  );
}

/** The name of the user of this process; undefined where its id has none, as in a container that was given any number. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function createUser(): void {
  try {
    execFileSync('groupadd', ['--system', 'postgres'], { stdio: 'ignore' });
  } catch {
    // It may exist without the user; useradd tells.
  }
  try {
    execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'], {
      stdio: 'ignore',
    });
  } catch {
    // Not every system has useradd: `nobody` is next.
  }
}

function userNamed(name: string): RunAs | undefined {
  try {
    const number = (flag: string) =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return undefined;
  }
}

/** Whether that user can enter the folder. */
export function canEnter(folder: string, user: RunAs): boolean {
  if (user.uid === undefined) return true;
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' }).status === 0
  );
}

/** A folder that user owns, in the state folder if it can be entered there, else outside (and then says where). */
export function ownedFolder(home: string, name: string, user: RunAs, say: (line: string) => void): string {
  const inside = join(home, name);
  if (user.uid === undefined) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return inside;
  }
  // The state folder is ours to open, to that user's group: what has a name in it becomes reachable, and nothing is listed.
  if (!canEnter(home, user)) {
    chownSync(home, statSync(home).uid, user.gid ?? user.uid);
    chmodSync(home, statSync(home).mode | 0o010);
  }
  const folder = canEnter(home, user) ? inside : join(outsideHome(home), name);
  if (folder !== inside)
    say(
      `Postgres runs as an unprivileged user, who may not enter ${dirname(home)}: its data is in ${folder}`,
    );
  if (folder !== inside) removeAbandonedData();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (folder !== inside) privately(() => writeFileSync(join(dirname(folder), 'home'), home));
    chownSync(folder, user.uid, user.gid ?? user.uid);
    chmodSync(folder, 0o700);
  } catch (error) {
    throw new PlatformError(
      `Postgres runs as an unprivileged user and needs a folder of its own: ${reasonOf(error)}. Name a state folder that any user may enter with \`DUET_HOME\`, or set DATABASE_URL.`,
    );
  }
  return folder;
}

/** Where programs go that the unprivileged user cannot reach where npm put them. */
export function outsidePrograms(version: string): string {
  return join(outside, `postgres-${version}`);
}

function outsideHome(home: string): string {
  return join(outside, createHash('sha256').update(home).digest('hex').slice(0, 16));
}

/** Discards what a state folder keeps outside, and what belongs to state folders that no longer exist. */
export function removeOutsideData(home: string): void {
  rmSync(outsideHome(home), { recursive: true, force: true });
  removeAbandonedData();
}

function removeAbandonedData(): void {
  if (!existsSync(outside)) return;
  for (const entry of readdirSync(outside)) {
    const owner = join(outside, entry, 'home');
    if (existsSync(owner) && !existsSync(readFileSync(owner, 'utf8'))) {
      rmSync(join(outside, entry), { recursive: true, force: true });
    }
  }
}
