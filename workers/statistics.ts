/**
 * Statistics joins late: it counts the signups of every style, and no coordinator knows of it. What it finds of
 * the past is what each style has left behind. It sends nothing, and nothing waits for it.
 */
import { migrate } from '../adapters/migrate.ts';
import { openDatabase, type Queryable } from '../adapters/postgres.ts';
import { openClient, temporalAddress } from '../coordinators/workflow/connection.ts';
import { outcomesSince } from '../coordinators/workflow/outcomes.ts';
import type { Envelope } from '../domain/envelope.ts';
import { styles } from '../domain/signup.ts';
import { stylesPlayedBy } from '../domain/styles.ts';
import { enterInstance } from '../messaging/instance.ts';
import { openProjection } from '../messaging/projection.ts';
import { startChainService } from '../messaging/service.ts';
import { setAsideOf } from '../messaging/transports/log/log.ts';
import { startAsking } from '../statistics/asking.ts';
import { count, seenIn, type Seen } from '../statistics/counts.ts';
import { listedSince } from '../statistics/list.ts';
import { statisticsReactions } from '../statistics/reactions.ts';
import { sourceOf, type Source } from '../statistics/sources.ts';
import { runProcess } from './shared/process.ts';
import { backlogReading, setAsideReading, setAsideReadings } from './shared/readings.ts';
import { retryPolicyOf, serviceNeeds } from './shared/service.ts';
import { logsOf, waysOf } from './shared/ways.ts';

const service = 'statistics';

const heardBy = (source: Source) => styles.filter((style) => sourceOf(style) === source);

await runProcess(service, serviceNeeds, async ({ config, log, metrics }) => {
  const temporal = temporalAddress();
  await migrate(config.DATABASE_URL, service, (reason) => log.warn({ reason }, 'waiting for the database'));
  const database = openDatabase(config.DATABASE_URL, { connections: 6 });
  const instance = await enterInstance(database);
  const { client, connection } = openClient(temporal);

  const queues = heardBy('queue');
  const chain = await startChainService({
    service,
    ways: new Map([...waysOf(config, { database, instance })].filter(([style]) => queues.includes(style))),
    database,
    instance: instance.id,
    reactions: statisticsReactions,
    steps: undefined,
    from: 'next',
    retry: retryPolicyOf(config),
    onRetry: metrics.retried,
    log,
  });
  metrics.reads(backlogReading(service, chain));

  const apply = (transaction: Queryable, events: readonly Envelope[]) =>
    count(transaction, events.flatMap(seenIn));
  const onProblem = (problem: string, { message }: Error) => log.warn({ reason: message }, problem);
  const projections = await Promise.all(
    logsOf(config, { database, instance }).map(async ({ name, open }) => {
      const projection = openProjection({ name, database, apply, log });
      const opened = await open({ service, onProblem });
      await opened.read(projection.reader);
      return { ...projection, name, opened };
    }),
  );
  for (const reading of setAsideReadings(service, chain)) metrics.reads(reading);
  for (const { name } of projections)
    metrics.reads(setAsideReading(service, name, () => setAsideOf(service, { name, database })));

  const [workflowStyle] = stylesPlayedBy('workflow');
  const asked: Record<string, () => (sinceMs: number) => AsyncIterable<Seen>> = {
    histories() {
      const answers = outcomesSince(client);
      return async function* since(ms) {
        for await (const seen of answers(ms)) yield { style: workflowStyle, ...seen };
      };
    },
    list: () => listedSince(database, heardBy('list')),
  };
  const asking = Object.entries(asked).map(([name, openAnswers]) =>
    startAsking({
      name,
      database,
      openAnswers,
      onProblem: ({ message }) => log.warn({ source: name, reason: message }, 'cannot ask, will try again'),
    }),
  );

  return {
    notReady() {
      const stopped = projections.find(({ fault }) => fault() !== undefined);
      if (stopped) return `a projection, which has stopped: ${stopped.fault()!.message}`;
      return chain.isReady() ? undefined : 'the broker';
    },
    async stop() {
      for (const { stop } of [...asking, ...projections]) stop();
      await Promise.all(projections.map(({ opened }) => opened.stopReading()));
      await Promise.all([chain.stop(), ...projections.map(({ opened }) => opened.close())]);
      await instance.leave();
      await connection.close();
      await database.end();
    },
  };
});
