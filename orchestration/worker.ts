/** A Temporal worker of a service. It is started once, and comes back by itself when the server does. */
import { setTimeout as delay } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { TemporalAddress } from './connection.ts';

export type TemporalWorker = {
  isPolling(): boolean;
  /** Takes no further tasks, finishes those in hand, then disconnects. */
  stop(): Promise<void>;
};

const sizing: Partial<WorkerOptions> = {
  // Finish the mail in hand; what takes longer is repeated elsewhere.
  shutdownGraceTime: '4 seconds',
  shutdownForceTime: '6 seconds',
  // A worker that was killed costs the others 2 s per workflow, not the default 10.
  stickyQueueScheduleToStartTimeout: '2 seconds',
  // Bounds memory: a signup that sleeps leaves the cache, and is replayed when something happens.
  maxCachedWorkflows: 500,
  // As many as database and mail connections can serve at once.
  maxConcurrentActivityTaskExecutions: 100,
  maxConcurrentLocalActivityExecutions: 100,
  // One long poll each way keeps two small cores busy; more only add requests (measured: no gain).
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
  activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
};

/** Sends what the SDK logs to our log. Call it once per process, before anything else of Temporal. */
export function installRuntime(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    // Our processes decide themselves what SIGTERM means.
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      // Said of every worker that plays no workflow, as that of the messages service does not.
      const isExpected = message.startsWith('No workflows registered');
      log[isExpected ? 'debug' : levels[level]]({ temporal: meta }, message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
  });
}

/** Starts to work on a task queue; `options` says what with. Resolves at once: the server may come later. */
export function startTemporalWorker(
  { address, namespace, apiKey, tls }: TemporalAddress,
  options: Pick<
    WorkerOptions,
    'taskQueue' | 'activities' | 'workflowBundle' | 'interceptors' | 'dataConverter'
  >,
  log: Logger,
): TemporalWorker {
  const stopping = new AbortController();
  let worker: Worker | undefined;
  const working = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await work();
      } catch (error) {
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'the Temporal worker is not running',
        );
      }
      await delay(1000, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    isPolling: () => worker?.getState() === 'RUNNING',
    async stop() {
      stopping.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await working;
    },
  };

  async function work(): Promise<void> {
    // Cost 8 (orchestration): how soon a worker notices a silent server is for its SDK to say: 45 s, where our own connections
    // take 10, and nothing that runs goes on meanwhile.
    const connection = await NativeConnection.connect({
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    try {
      worker = await Worker.create({ connection, namespace, ...sizing, ...options });
      if (!stopping.signal.aborted) await worker.run();
    } finally {
      await connection.close();
    }
  }
}
