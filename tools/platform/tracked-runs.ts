/** Programs that run for a while and end by themselves (initdb, go, apt-get): they must not outlive us, however we end. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How to run it; `track` tells the reaper. */
export type TrackedRun = {
  environment: NodeJS.ProcessEnv;
  folder: string;
  track: (pid: number) => () => void;
  user?: { uid?: number; gid?: number };
  /** Ends it by SIGKILL. */
  signal?: AbortSignal;
  /** Gets each line of what it prints. */
  heard?: (line: string) => void;
};

/** Runs a program in a group of its own and resolves with what it printed; rejects with its last line when it fails. */
export function runTracked(
  command: string,
  words: readonly string[],
  { environment, folder, track, user = {}, signal: killing, heard = () => {} }: TrackedRun,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      ...user,
      ...(killing && { signal: killing, killSignal: 'SIGKILL' }),
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const untrack = child.pid === undefined ? () => {} : track(child.pid);
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += String(chunk);
        heard(String(chunk).trim().split('\n').at(-1) ?? '');
      });
    }
    // One that was begun is over at its close: where it was aborted, it is told of before it is gone.
    child.once('error', (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.once('close', (code, signal) => {
      untrack();
      if (code === 0) return resolve(printed);
      const last = printed.trim().split('\n').at(-1) ?? '';
      reject(
        Object.assign(new Error(last === '' ? `${command} ended (${signal ?? code})` : last), { printed }),
      );
    });
  });
}

const abandonedAfterMs = 3_600_000;

/** A new path in the cache folder for something unfinished; what was abandoned there before is removed. */
export function unfinishedPath(cache: string, name: string): string {
  mkdirSync(cache, { recursive: true });
  for (const entry of readdirSync(cache).filter((one) => one.startsWith(`${name}.`))) {
    const path = join(cache, entry);
    if (existsSync(path) && Date.now() - statSync(path).mtimeMs > abandonedAfterMs) {
      rmSync(path, { recursive: true, force: true });
    }
  }
  return join(cache, `${name}.${randomUUID()}`);
}
