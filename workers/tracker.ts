/** The tracker process: it watches, and keeps what `GET /signups/<id>/history` and the feed show. */
import { openDatabase } from '../adapters/postgres.ts';
import { trackerReactions } from '../choreography/tracker.ts';
import { configuredRetryPolicy, requireConfig } from '../config.ts';
import { enterInstance } from '../messaging/instance.ts';
import { startChainService } from '../messaging/service.ts';
import { migrate } from '../storage/migrate.ts';
import { runProcess } from './process.ts';
import { backlogReading, setAsideReading, trackerReading } from './readings.ts';

await runProcess('tracker', async (log, metrics) => {
  const { DATABASE_URL, AMQP_URL } = requireConfig(['DATABASE_URL', 'AMQP_URL']);
  const retry = configuredRetryPolicy();
  await migrate(DATABASE_URL, 'tracker', (reason) => log.warn({ reason }, 'waiting for the database'));
  const database = openDatabase(DATABASE_URL);
  const instance = await enterInstance(database);
  const chain = await startChainService({
    service: 'tracker',
    database,
    instance: instance.id,
    amqpUrl: AMQP_URL,
    reactions: trackerReactions(),
    retry,
    onRetry: (step) => metrics.retried('choreography', step),
    log,
  });
  metrics.reads(backlogReading('tracker', chain));
  metrics.reads(setAsideReading(chain));
  metrics.reads(trackerReading(database));
  return {
    notReady: () => (chain.isConnected() ? undefined : 'the broker'),
    async stop() {
      await chain.stop();
      await instance.leave();
      await database.end();
    },
  };
});
