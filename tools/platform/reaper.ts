/** The supervisor's end of the pipe to `reaper.mjs`. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Told of every process group before anything can go wrong, so that a killed supervisor leaves none behind. */
export type Reaper = {
  watch: (pid: number, stopSignal: NodeJS.Signals) => void;
  forget: (pid: number) => void;
  /** All is in order: the reaper goes without ending anything. */
  goodbye: () => Promise<void>;
  pid: number;
};

/** Starts the reaper, detached: it must outlive us and our terminal. */
export function startReaper(stackFile: string): Reaper {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('reaper.mjs', import.meta.url)), stackFile, String(process.pid)],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' },
  );
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // If the reaper itself was killed there is nobody to tell; the stack goes on without it.
  child.stdin.on('error', () => {});
  child.unref();
  return {
    pid: child.pid ?? 0,
    watch: (pid, stopSignal) => void child.stdin.write(`watch ${pid} ${stopSignal}\n`),
    forget: (pid) => void child.stdin.write(`forget ${pid}\n`),
    async goodbye() {
      child.ref();
      child.stdin.end('goodbye\n');
      await gone;
    },
  };
}
