/**
 * Locks between processes on one machine, as files that name their holder. A lock whose holder is gone counts as free, so
 * that nothing needs cleaning up after a SIGKILL. The holder is its pid and start time: a pid alone may be somebody else's by now.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './npm.mjs';
import { identityOf } from './processes.ts';

/** A lock that is ours until released; releasing twice is harmless. */
export type Lock = { release: () => void };

/** Takes the lock, or says which living process holds it. */
export function tryLock(file: string): Lock | { heldBy: number } {
  makeFolder(dirname(file));
  const mine = `${process.pid} ${identityOf(process.pid) ?? ''} ${randomUUID()}`;
  const written = `${file}.${randomUUID()}`;
  writeFileSync(written, mine, { mode: 0o644 });
  try {
    for (;;) {
      try {
        // A hard link appears with its content or not at all; a file created and then written may be read half-way.
        linkSync(written, file);
        return { release: () => release(file, mine) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = read(file);
      if (found === undefined) continue;
      const [pid = '', identity = ''] = found.split(' ');
      if (identityOf(Number(pid)) === identity) return { heldBy: Number(pid) };
      setAside(file, found);
    }
  } finally {
    rmSync(written, { force: true });
  }
}

/** Takes the lock as soon as whoever holds it lets go; `waiting` is called once if that is not at once. */
export async function lockWhenFree(file: string, waiting?: (holder: number) => void): Promise<Lock> {
  let told = false;
  for (;;) {
    const lock = tryLock(file);
    if ('release' in lock) return lock;
    if (!told) waiting?.(lock.heldBy);
    told = true;
    await delay(200);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function release(file: string, mine: string): void {
  if (read(file) === mine) rmSync(file, { force: true });
}

/** Two may find the same stale lock: the rename has one winner, and who moved a fresh one instead puts it back. */
function setAside(file: string, stale: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== stale) linkSync(aside, file);
  } catch {
    // Somebody else was faster; the caller looks again.
  }
  rmSync(aside, { force: true });
}
