/**
 * What the processes of a service have in common. A service that takes steps is one process, with its reactions in the chain and its
 * Temporal worker: so that it is down means the same for every style.
 */
import type { Logger } from 'pino';
import type { Config, VariableName } from '../../adapters/config.ts';
import { migrate } from '../../adapters/migrate.ts';
import { openDatabase, type Database } from '../../adapters/postgres.ts';
import { temporalAddress } from '../../coordinators/workflow/connection.ts';
import { observing } from '../../coordinators/workflow/observer.ts';
import { installRuntime, startTemporalWorker } from '../../coordinators/workflow/worker.ts';
import { retryPolicy, type RetryPolicy } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import type { Removal } from '../../messaging/housekeeping.ts';
import type { Reaction } from '../../messaging/reactions.ts';
import { enterInstance, type Instance } from '../../messaging/instance.ts';
import { startObserver } from '../../messaging/observations.ts';
import { startChainService, type ChainService } from '../../messaging/service.ts';
import type { Transport } from '../../messaging/transport.ts';
import { injectionInto, type Injection, type WorkerSettings } from './injection.ts';
import { runProcess, type Given, type Running } from './process.ts';
import { backlogReading, setAsideReadings } from './readings.ts';
import { waysOf } from './ways.ts';

/** A service that plays in the chain and takes steps of workflows. */
type Service = 'accounts' | 'notifications';

/** The variables of every process of a service. */
export const serviceNeeds = [
  'DATABASE_URL',
  'AMQP_URL',
  'RETRY_FIRST_MS',
  'RETRY_LONGEST_MS',
  'RETRY_ATTEMPTS',
] as const;
type Common = (typeof serviceNeeds)[number];

/** How faults are retried, by chain and workflow. */
export function retryPolicyOf(config: Config<Common>): RetryPolicy {
  return {
    ...retryPolicy,
    firstRetryAfterMs: config.RETRY_FIRST_MS,
    maximumRetryAfterMs: config.RETRY_LONGEST_MS,
    maximumAttempts: config.RETRY_ATTEMPTS,
  };
}

/** What a process of a service has opened of its own. */
export type Own = { database: Database; instance: Instance; inject: Injection };

/** Opens the schema of a service for the process `name`: migrated, and with this process among those alive. */
export async function openOwn(name: string, service: Service, url: string, log: Logger): Promise<Own> {
  await migrate(url, service, (reason) => log.warn({ reason }, 'waiting for the database'));
  const inject = await injectionInto(name);
  const database = inject.database(openDatabase(url));
  return { database, instance: await enterInstance(database), inject };
}

/** Starts a service's part of the chain, and gives its readings to the metrics. */
export async function startChain<Steps>(
  service: Service,
  { database, instance }: Own,
  ways: ReadonlyMap<Style, Transport>,
  playing: { reactions: readonly Reaction<Steps>[]; steps: Steps; removals?: readonly Removal[] },
  { config, log, metrics }: Given<Common>,
): Promise<ChainService> {
  const chain = await startChainService({
    service,
    ways,
    database,
    instance: instance.id,
    retry: retryPolicyOf(config),
    onRetry: metrics.retried,
    log,
    ...playing,
  });
  metrics.reads(backlogReading(service, chain));
  for (const reading of setAsideReadings(service, chain)) metrics.reads(reading);
  return chain;
}

/** What is special about a service. */
export type Played<Steps> = {
  steps: Steps;
  reactions: readonly Reaction<Steps>[];
  removals?: readonly Removal[];
  /** Answers callers of its steps that wait for the answer. */
  door?: Running['door'];
  worker: Pick<WorkerSettings, 'activities' | 'workflowBundle'>;
  /** Closes what the service has opened besides, once nothing uses it any more. */
  close?: () => Promise<void>;
};

/** Runs a service as this process. `needs` are the variables that `open` reads besides those of every service. */
export function runService<Steps, N extends VariableName>(
  service: Service,
  needs: readonly N[],
  open: (config: Config<N>, own: Own, given: Pick<Given<N>, 'log' | 'metrics'>) => Played<Steps>,
): Promise<void> {
  return runProcess<Common | N>(service, [...serviceNeeds, ...needs], async (given) => {
    const { config, log, metrics } = given;
    const temporal = temporalAddress();
    installRuntime(log);
    const own = await openOwn(service, service, config.DATABASE_URL, log);
    const { worker: settings, close, door, ...playing } = open(config, own, { log, metrics });
    const chain = await startChain(service, own, waysOf(config, own), playing, given);
    const observer = startObserver(own.database);
    const [style] = stylesPlayedBy('workflow');
    const interceptors = { activity: [observing(style, observer.observe, metrics.retried)] };
    const injected = own.inject.worker({ taskQueue: service, interceptors, ...settings });
    const worker = startTemporalWorker(temporal, injected, log);
    return {
      door,
      notReady() {
        if (!chain.isReady()) return 'the broker';
        return worker.isPolling() ? undefined : 'temporal';
      },
      async stop() {
        await Promise.all([chain.stop(), worker.stop()]);
        await observer.stop();
        await close?.();
        await own.instance.leave();
        await own.database.end();
      },
    };
  });
}
