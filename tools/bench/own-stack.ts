/**
 * A stack of the benchmark's own, for one measurement: started in a folder of its own, stopped and removed after it. Ctrl-C stops it
 * in order and ends this process.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack, type StackOptions } from '../platform/stack.ts';

const stopping = new AbortController();
const killing = new AbortController();
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      console.log('Stopping …');
      stopping.abort();
      reject(new Error('stopped'));
    });
  }
});
interrupted.catch(() => {});

/** Aborted by Ctrl-C. */
export const interruption: AbortSignal = stopping.signal;

/** Where folders of measurements are made: not where files may live in memory, as what is written is to be flushed to a disk. */
export const scratch = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();

/** Runs `work` on a stack of its own. Where that fails or is interrupted, says so, stops the stack and ends the process. */
export async function onOwnStack<T>(
  work: (stack: Stack) => Promise<T>,
  options: Pick<StackOptions, 'processEnvironment' | 'output'> = {},
): Promise<T> {
  const home = await mkdtemp(join(scratch, 'duet-bench-'));
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      ...options,
      home,
      log: console.log,
      signals: { stop: stopping.signal, kill: killing.signal },
    });
    const result = await Promise.race([interrupted, work(stack)]);
    await stack.stop();
    await rm(home, { recursive: true, force: true });
    return result;
  } catch (error) {
    // After a signal the stack stops by itself; whatever else failed while it did is its consequence.
    if (!stopping.signal.aborted)
      console.error(error, `\nThe logs of the stack are kept in ${join(home, 'logs')}`);
    await stack?.stop();
    if (stopping.signal.aborted) await rm(home, { recursive: true, force: true });
    process.exit(stopping.signal.aborted ? 130 : 1);
  }
}
