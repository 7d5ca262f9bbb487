/** Loaded into a process before its own code: collects garbage on SIGUSR2 and prints that it did. Takes `--expose-gc`. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('SIGUSR2', () => {
    globalThis.gc();
    // What a first collection finalises, a second one frees.
    setImmediate(() => {
      globalThis.gc();
      console.log('garbage collected');
    });
  });
}
