/** A Temporal worker of a service. It is started once, and comes back by itself when the server does. */
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcCancelledError } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type LogMetadata,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { every } from '../../adapters/waiting.ts';
import { connectionOptions, firstWordWithinMs, type TemporalAddress } from './connection.ts';

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

/** The pause before a worker that ended is replaced. */
const restartMs = 1000;

/** Sends what the SDK logs to our log. Call it once per process, before anything else of Temporal. */
export function installRuntime(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    // Our processes decide themselves what SIGTERM means.
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      // Said of every worker that plays no workflow, as that of the notifications service does not.
      const isExpected = message.startsWith('No workflows registered');
      log[isExpected ? 'debug' : levels[level]](fieldsOf(meta), message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
  });
}

/** What the SDK says beside a message, as our log has it: of an error its own words, as its stack is in the history. */
export function fieldsOf({ error, ...temporal }: LogMetadata = {}): {
  temporal: LogMetadata;
  fault?: string;
} {
  return error instanceof Error ? { temporal, fault: error.message } : { temporal };
}

/** How often the server is asked whether it is there, and after how long it counts as silent: a busy one is slow. */
const askEveryMs = 3000;
const silentAfterMs = 8000;

/** Starts to work on a task queue; `options` says what with. Resolves at once: the server may come later. */
export function startTemporalWorker(
  temporal: TemporalAddress,
  options: Pick<
    WorkerOptions,
    'taskQueue' | 'activities' | 'workflowBundle' | 'interceptors' | 'dataConverter'
  >,
  log: Logger,
): TemporalWorker {
  const stopping = new AbortController();
  let worker: Worker | undefined;
  const working = every(restartMs, workOrSay, stopping.signal);

  return {
    isPolling: () => worker?.getState() === 'RUNNING',
    async stop() {
      stopping.abort();
      takeNoMore();
      await working;
    },
  };

  async function workOrSay(): Promise<void> {
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason }, 'the Temporal worker is not running');
    }
    takeNoMore();
  }

  /** Works until it is stopped. Fails when the server is silent; what waits for an answer by then is left behind. */
  async function work(): Promise<void> {
    const connection = await connect(temporal);
    const over = new AbortController();
    const run = async () => {
      try {
        const made = await Worker.create({
          connection,
          namespace: temporal.namespace,
          ...sizing,
          ...options,
        });
        const running = made.run();
        if (over.signal.aborted || stopping.signal.aborted) made.shutdown();
        else worker = made;
        await running;
      } finally {
        await connection.close();
      }
    };
    try {
      await Promise.race([run(), untilSilent(connection, over.signal)]);
    } finally {
      over.abort();
    }
  }

  function takeNoMore(): void {
    if (worker?.getState() === 'RUNNING') worker.shutdown();
  }
}

/** A connection to a server that answers; the SDK would wait for half a minute. */
async function connect(temporal: TemporalAddress): Promise<NativeConnection> {
  const connecting = NativeConnection.connect(connectionOptions(temporal));
  const connection = await Promise.race([connecting, delay(firstWordWithinMs, undefined, { ref: false })]);
  if (connection) return connection;
  connecting.then((late) => late.close()).catch(() => {});
  throw new Error(`${temporal.address} takes connections and does not answer`);
}

/** Fails when the server is silent. One that refuses is not: the worker tries again by itself. */
async function untilSilent(connection: NativeConnection, signal: AbortSignal): Promise<never> {
  // Cost 8 (orchestration): that a server fell silent, the worker's SDK notices after 45 s, and nothing that runs goes on
  // meanwhile; our own connections take 10. So it is asked, and a worker that waits in vain is replaced.
  for (;;) {
    await delay(askEveryMs, undefined, { signal });
    try {
      await connection.withDeadline(Date.now() + silentAfterMs, () =>
        connection.workflowService.getSystemInfo({}),
      );
    } catch (error) {
      // This is how the deadline of a native connection shows.
      if (isGrpcCancelledError(error)) throw new Error('the Temporal server is silent', { cause: error });
    }
  }
}
