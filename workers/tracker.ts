/** The tracker process: it watches both styles, and keeps what lists, the chain's histories and the feed show. */
import { openDatabase } from '../adapters/postgres.ts';
import { observationQueue, trackerReactions } from '../choreography/tracker.ts';
import { configuredRetryPolicy, requireConfig } from '../config.ts';
import { startCatchUp } from '../history/catch-up.ts';
import { enterInstance } from '../messaging/instance.ts';
import { startChainService } from '../messaging/service.ts';
import { openClient, temporalAddress } from '../orchestration/connection.ts';
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
    // Nobody waits for the tracker: what comes within so long is noted together.
    lingerMs: 50,
    retry,
    onRetry: (step) => metrics.retried('choreography', step),
    log,
  });
  metrics.reads(backlogReading('tracker', chain));
  metrics.reads(setAsideReading(chain));
  metrics.reads(trackerReading(database));
  const { client, connection } = openClient(temporalAddress());
  const catchingUp = startCatchUp({
    client,
    connection,
    database,
    note: (observed) => chain.receive(observationQueue, observed),
    onProblem: ({ message }) => log.warn({ reason: message }, 'cannot catch up on workflows, will try again'),
  });
  return {
    // Temporal may be away: what is missed meanwhile is caught up later.
    notReady: () => (chain.isConnected() ? undefined : 'the broker'),
    async stop() {
      await Promise.all([catchingUp.stop(), chain.stop()]);
      await connection.close();
      await instance.leave();
      await database.end();
    },
  };
});
