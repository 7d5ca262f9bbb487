/**
 * The accounts service: its reactions in the chain, and its Temporal worker, which also plays the workflow, because the
 * accounts service owns the process. One OS process for both, so that "accounts is down" means the same for both styles.
 */
import { accountSteps } from '../activities/accounts.ts';
import { openDatabase } from '../adapters/postgres.ts';
import { accountsReactions } from '../choreography/accounts.ts';
import { configuredRetryPolicy, requireConfig } from '../adapters/config.ts';
import { enterInstance } from '../messaging/instance.ts';
import { startObserver } from '../messaging/observations.ts';
import { startChainService } from '../messaging/service.ts';
import { rabbitmqQueue } from '../messaging/transports/rabbitmq-queue.ts';
import { accountActivities } from '../coordinators/workflow/temporal-activities.ts';
import { temporalAddress } from '../coordinators/workflow/connection.ts';
import { observing } from '../coordinators/workflow/observer.ts';
import { installRuntime, startTemporalWorker } from '../coordinators/workflow/worker.ts';
import { stylesPlayedBy } from '../domain/styles.ts';
import { migrate } from '../adapters/migrate.ts';
import { injectionInto } from './shared/injection.ts';
import { runProcess } from './shared/process.ts';
import { backlogReading, setAsideReading } from './shared/readings.ts';

const [chainStyle] = stylesPlayedBy('chain');
const [workflowStyle] = stylesPlayedBy('workflow');

await runProcess('accounts', async (log, metrics) => {
  const config = requireConfig([
    'DATABASE_URL',
    'AMQP_URL',
    'VERIFICATION_KEY',
    'PUBLIC_URL',
    'WORKFLOW_BUNDLE',
  ]);
  const retry = configuredRetryPolicy();
  installRuntime(log);
  await migrate(config.DATABASE_URL, 'accounts', (reason) =>
    log.warn({ reason }, 'waiting for the database'),
  );
  const inject = await injectionInto('accounts');
  const database = inject.database(openDatabase(config.DATABASE_URL));
  const instance = await enterInstance(database);
  const steps = accountSteps({ key: config.VERIFICATION_KEY, publicUrl: config.PUBLIC_URL });
  const chain = await startChainService({
    service: 'accounts',
    style: chainStyle,
    database,
    instance: instance.id,
    transport: rabbitmqQueue({ url: config.AMQP_URL, database }),
    reactions: accountsReactions,
    steps,
    retry,
    onRetry: metrics.retried,
    log,
  });
  metrics.reads(backlogReading('accounts', chain));
  metrics.reads(setAsideReading(chain));
  const observer = startObserver(database);
  const worker = startTemporalWorker(
    temporalAddress(),
    inject.worker({
      taskQueue: 'accounts',
      activities: accountActivities(database, steps),
      workflowBundle: { codePath: config.WORKFLOW_BUNDLE },
      interceptors: {
        activity: [observing(workflowStyle, observer.observe, metrics.retried)],
      },
    }),
    log,
  );
  return {
    notReady: () => (chain.isConnected() ? (worker.isPolling() ? undefined : 'temporal') : 'the broker'),
    async stop() {
      await Promise.all([chain.stop(), worker.stop()]);
      await observer.stop();
      await instance.leave();
      await database.end();
    },
  };
});
