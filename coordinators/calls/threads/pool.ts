/**
 * The threads of a style that gives each caller one. A thread runs the process and stands still during each
 * of its calls; the steps themselves are done on the main thread, which plays the part of the kernel. The
 * pool grows on demand up to a limit, beyond which a few callers wait in line and all others are refused.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Exhausted } from '../../../domain/coordinator.ts';
import type { CalledSteps } from '../../../synchronous/steps.ts';
import type { FromThread, ProcessAsked, Processes, StepAnswered } from './thread.ts';

/**
 * How many threads there are at most, how many runs wait for one; and how many are kept that have had nothing
 * to do for so long.
 */
export type ThreadLimits = { atMost: number; queueAtMost: number; keep?: number; idleMs?: number };

/** How the pool does. `refused` is counted from its opening. */
export type ThreadFigures = { threads: number; standingStill: number; waiting: number; refused: number };

export type Threads = {
  /**
   * Runs a process in a thread, with these steps. Rejects with `Exhausted` before anything is done, with the
   * fault of the step that ended the process, or with an error where the thread itself died: how far it had
   * come is not known then.
   */
  run<P extends keyof Processes>(
    process: P,
    steps: CalledSteps,
    input: Parameters<Processes[P]>[1],
  ): Promise<ReturnType<Processes[P]>>;
  figures(): ThreadFigures;
  /** Refuses what waits and what comes, lets what runs come to its end, and ends the threads. */
  close(): Promise<void>;
};

type Run = {
  asked: ProcessAsked;
  steps: CalledSteps;
  resolve: (ended: never) => void;
  reject: (why: unknown) => void;
  /** What the last step threw, as it threw it. */
  fault?: unknown;
};
type Thread = {
  worker: Worker;
  /** Set to 1 by each answer; the thread stands still on it. */
  answered: Int32Array<SharedArrayBuffer>;
  standsStill: boolean;
  run?: Run | undefined;
  idleTimer?: NodeJS.Timeout;
  diedOf?: unknown;
};

// The code of a thread without its types: a thread that strips them by itself keeps 9 MB of what does it.
const stripped = fileURLToPath(new URL('../../../node_modules/.cache/threads', import.meta.url));

/** Opens a pool without any thread in it. */
export function openThreads({ atMost, queueAtMost, keep = 4, idleMs = 60_000 }: ThreadLimits): Threads {
  const threads = new Set<Thread>();
  const idle: Thread[] = [];
  const waiting: Run[] = [];
  /** What was let in and has not ended. */
  const underWay = new Set<Promise<unknown>>();
  let starting: Thread | undefined;
  let refused = 0;
  let isClosing = false;

  const refusal = (why: string) => {
    refused += 1;
    return new Exhausted(why);
  };

  /** Gives out what waits; while something still does, the pool grows by one thread at a time. */
  function giveOut(): void {
    while (waiting.length > 0 && idle.length > 0) {
      const thread = idle.pop()!;
      clearTimeout(thread.idleTimer);
      thread.run = waiting.shift()!;
      thread.worker.postMessage(thread.run.asked);
    }
    if (waiting.length > 0 && !starting && threads.size < atMost) start();
  }

  // Cost 1 (synchronous-blocking): each caller holds a thread for as long as all its calls take, which is mostly spent
  // standing still. A thread is memory, so there is a limit, and one slow provider is enough to reach it.
  function start(): void {
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      name: 'signup',
      workerData: answered,
      // Of our environment a thread needs nothing.
      env: { NODE_COMPILE_CACHE: stripped },
    });
    const thread: Thread = { worker, answered, standsStill: false };
    threads.add(thread);
    starting = thread;
    worker.on('message', (message: FromThread) => {
      if ('step' in message) void answer(thread, message);
      else if ('ready' in message) join(thread);
      else end(thread, message);
    });
    worker.once('error', (error) => (thread.diedOf = error));
    worker.once('exit', () => forget(thread));
  }

  function join(thread: Thread): void {
    starting = undefined;
    rest(thread);
  }

  /** Does a step for a thread that stands still until then, and wakes it. */
  async function answer(
    thread: Thread,
    { step, input }: Extract<FromThread, { step: unknown }>,
  ): Promise<void> {
    const run = thread.run!;
    thread.standsStill = true;
    let reply: StepAnswered;
    try {
      reply = { answer: await run.steps[step](input) };
    } catch (error) {
      run.fault = error;
      reply = { fault: String(error) };
    }
    thread.standsStill = false;
    thread.worker.postMessage(reply);
    Atomics.store(thread.answered, 0, 1);
    Atomics.notify(thread.answered, 0);
  }

  function end(thread: Thread, how: Extract<FromThread, { ended: unknown } | { thrown: unknown }>): void {
    const run = thread.run!;
    thread.run = undefined;
    if ('ended' in how) run.resolve(how.ended as never);
    else run.reject(how.byFault ? run.fault : how.thrown);
    rest(thread);
  }

  /**
   * The thread that was busy last is the first to be taken, so that those the pool can do without stay idle.
   */
  function rest(thread: Thread): void {
    idle.push(thread);
    thread.idleTimer = setTimeout(() => {
      if (threads.size <= keep) return;
      leave(thread);
      void thread.worker.terminate();
    }, idleMs).unref();
    giveOut();
  }

  function leave(thread: Thread): void {
    clearTimeout(thread.idleTimer);
    threads.delete(thread);
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
  }

  /**
   * A thread that died takes its run with it; one that did not even start, the first in line, so that not all
   * wait for ever.
   */
  function forget(thread: Thread): void {
    leave(thread);
    const run = thread === starting ? waiting.shift() : thread.run;
    if (thread === starting) starting = undefined;
    run?.reject(new Error('the thread of this signup died', { cause: thread.diedOf }));
    giveOut();
  }

  return {
    async run(process, steps, input) {
      if (isClosing) throw refusal('the threads are closing');
      if (underWay.size >= atMost + queueAtMost)
        throw refusal(`all ${atMost} threads stand still, and ${queueAtMost} callers wait for one`);
      const ended = new Promise<never>((resolve, reject) =>
        waiting.push({ asked: { process, input }, steps, resolve, reject }),
      );
      underWay.add(ended);
      giveOut();
      try {
        return await ended;
      } finally {
        underWay.delete(ended);
      }
    },
    figures: () => ({
      threads: threads.size,
      standingStill: [...threads].filter(({ standsStill }) => standsStill).length,
      waiting: waiting.length,
      refused,
    }),
    async close() {
      isClosing = true;
      for (const { reject } of waiting.splice(0)) reject(refusal('the threads are closing'));
      await Promise.allSettled(underWay);
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}
