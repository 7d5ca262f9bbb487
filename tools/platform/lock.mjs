/**
 * Locks between processes on one machine, as files that name their holder. A lock whose holder is gone counts as free, so that nothing
 * needs cleaning up after a SIGKILL. The holder is its pid and start time: a pid alone may be somebody else's by now. Node's built-ins
 * only, and nothing newer than Node 18: an installation locks, too.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './npm.mjs';

/** @typedef {{ release: () => void }} Lock A lock that is ours until released; releasing twice is harmless. */

/**
 * Takes the lock, or says which living process holds it.
 * @param {string} file
 * @returns {Lock | { heldBy: number }}
 */
export function tryLock(file) {
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
        if (error.code !== 'EEXIST') throw error;
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

/**
 * Does work under the lock, as soon as its holder lets go. If that is not at once, `waiting` is called, and again every ten seconds:
 * with who holds it, and what ends the sentence, ` …` or ` … 10 s`.
 * @template T
 * @param {string} file
 * @param {(holder: number, soFar: string) => void} waiting
 * @param {() => Promise<T>} work
 * @param {AbortSignal} [signal] ends the waiting, and keeps the work from beginning
 * @param {number} [everyMs]
 */
export async function withLock(file, waiting, work, signal, everyMs = 10_000) {
  const began = Date.now();
  let nextMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    const waitedMs = Date.now() - began;
    if (waitedMs >= nextMs) {
      waiting(lock.heldBy, nextMs === 0 ? ' …' : ` … ${Math.round(waitedMs / 1000)} s`);
      nextMs += everyMs;
    }
    await delay(200);
  }
}

/**
 * The living process that holds the lock; `undefined` where it is free.
 * @param {string} file
 * @returns {number | undefined}
 */
export function holderOf(file) {
  const [pid = '', identity = ''] = read(file)?.split(' ') ?? [];
  return identity !== '' && identityOf(Number(pid)) === identity ? Number(pid) : undefined;
}

/**
 * Start time of a living process, `undefined` when it is gone (or a zombie): with the pid it names one process for good.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function identityOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    if (process.platform === 'linux') {
      // The second field is the program's name in brackets and may hold anything, so count from its end.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    if (process.platform === 'win32') return process.kill(pid, 0) ? 'alive' : undefined;
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started.replaceAll(' ', '_');
  } catch {
    return undefined;
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function release(file, mine) {
  if (read(file) === mine) rmSync(file, { force: true });
}

/** Two may find the same stale lock: the rename has one winner, and who moved a fresh one instead puts it back. */
function setAside(file, stale) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== stale) linkSync(aside, file);
  } catch {
    // Somebody else was faster; the caller looks again.
  }
  rmSync(aside, { force: true });
}
