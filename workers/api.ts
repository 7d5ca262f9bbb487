/**
 * The api: the accounts service's edge over HTTP, with its role and its schema. It may run several times. It relays what
 * it told, so that an accepted signup goes on whatever happens to the other processes.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { accountSteps, findBalance, latestSignups } from '../activities/accounts.ts';
import { accountsReactions } from '../choreography/accounts.ts';
import { chainCoordinator, removalOfOldRequests } from '../coordinators/chain/coordinator.ts';
import { callsCoordinator, type Processes } from '../coordinators/calls/coordinator.ts';
import { openThreads } from '../coordinators/calls/threads/pool.ts';
import { callsHistory } from '../coordinators/calls/history.ts';
import { callingNeeds, openCalls } from './shared/calls.ts';
import * as reactive from '../synchronous/reactive.ts';
import { notificationsReactions } from '../choreography/notifications.ts';
import { feedSource, listSignups } from '../tracking/tracked.ts';
import { readConfig } from '../adapters/config.ts';
import { openSupervisor } from '../adapters/supervisor.ts';
import { chainHistory } from '../coordinators/chain/history.ts';
import { workflowHistory } from '../coordinators/workflow/history.ts';
import { createApp } from '../http/app.ts';
import { openFeed } from '../http/feed.ts';
import { noticingRefusals } from '../http/readiness.ts';
import { openClocks } from '../coordinators/chain/fast-forward.ts';
import { openClient, temporalAddress } from '../coordinators/workflow/connection.ts';
import { workflowCoordinator } from '../coordinators/workflow/coordinator.ts';
import { workflowPage } from '../coordinators/workflow/execution.ts';
import type { Coordinator } from '../domain/coordinator.ts';
import type { ReadHistory } from '../domain/history.ts';
import type { Style } from '../domain/signup.ts';
import { forEachStyle, traits, type Manner, type Mechanism } from '../domain/styles.ts';
import { runProcess } from './shared/process.ts';
import { reporting } from './shared/report.ts';
import { feedReading, readyReading, threadsReading, trackerReading } from './shared/readings.ts';
import { countedDays } from '../statistics/shown.ts';
import { fromBroker } from '../messaging/reactions.ts';
import { openOwn, retryPolicyOf, serviceNeeds, startChain } from './shared/service.ts';
import { carrierOf, waysOf, whyNotHere } from './shared/ways.ts';

const finishWithinMs = 3000;

await runProcess(
  'api',
  [
    ...serviceNeeds,
    'HOST',
    'CLOCK_DATABASE_URL',
    'VERIFICATION_KEY',
    'PUBLIC_URL',
    ...callingNeeds,
    'SYNCHRONOUS_PATIENCE_MS',
    'BLOCKING_THREADS',
    'BLOCKING_QUEUE',
  ],
  async (given) => {
    const { config, log, metrics } = given;
    const {
      CONTROL_SOCKET,
      MAILBOX_URL,
      CROWD_URL,
      OPERATOR_TOKEN,
      TEMPORAL_UI_URL,
      RABBITMQ_UI_URL,
      PAGE_FOLDER,
    } = readConfig([
      'CONTROL_SOCKET',
      'MAILBOX_URL',
      'CROWD_URL',
      'OPERATOR_TOKEN',
      'TEMPORAL_UI_URL',
      'RABBITMQ_UI_URL',
      'PAGE_FOLDER',
    ]);
    const address = temporalAddress();
    const own = await openOwn('api', 'accounts', config.DATABASE_URL, log);
    const { database, instance, inject } = own;
    const steps = accountSteps({ key: config.VERIFICATION_KEY, publicUrl: config.PUBLIC_URL });
    const telling = { reactions: [], steps: undefined, removals: [removalOfOldRequests] };
    const ways = waysOf(config, own);
    const chain = await startChain('accounts', own, ways, telling, given);
    metrics.reads(trackerReading(database));
    const feed = openFeed(feedSource(database));
    metrics.reads(feedReading(feed.readers));
    // The operator's tool knows what every service listens to, so that it can tell whether all was heard. No service knows it.
    const clocks = openClocks(config.CLOCK_DATABASE_URL, {
      accounts: accountsReactions,
      notifications: notificationsReactions,
    });
    const { client: opened, connection } = openClient(address);
    const client = inject.client(opened);
    const calls = openCalls({ config, database, steps, onRetry: metrics.retried });
    const threads = openThreads({ atMost: config.BLOCKING_THREADS, queueAtMost: config.BLOCKING_QUEUE });
    metrics.reads(threadsReading(threads));
    const processes: Record<Manner, Processes> = {
      blocking: {
        signUp: (called, input) => threads.run('signUp', called, input),
        compensate: (called, input) => threads.run('compensate', called, input),
        click: (called, input) => threads.run('click', called, input),
      },
      reactive,
    };
    const played: Record<Mechanism, (style: Style) => Coordinator> = {
      calls: (style) =>
        callsCoordinator({
          database,
          steps: calls.stepsOf(style),
          door: calls.door,
          processes: processes[traits[style].manner!],
          visit: calls.visit,
          patienceMs: config.SYNCHRONOUS_PATIENCE_MS,
        }),
      chain: (style) => ({
        ...chainCoordinator({ style, database, steps, transaction: chain.transaction, clocks }),
        notHere: whyNotHere(style, ways),
        waitsFor: () => (chain.isConnected(style) ? undefined : carrierOf(style)),
      }),
      workflow: () => workflowCoordinator({ client, connection, database, retry: retryPolicyOf(config) }),
    };
    const remembered: Record<Mechanism, ReadHistory> = {
      calls: callsHistory(database),
      chain: chainHistory(database),
      workflow: workflowHistory({ client, connection }),
    };
    const coordinators = forEachStyle((style) => noticingRefusals(played[traits[style].mechanism](style)));
    metrics.reads(readyReading(coordinators));
    const supervisor = openSupervisor(CONTROL_SOCKET);
    const report = reporting({
      database,
      coordinators,
      chain,
      queues: [...fromBroker(accountsReactions), ...fromBroker(notificationsReactions)].map(
        ({ queue }) => queue,
      ),
      notificationsUrl: config.NOTIFICATIONS_URL,
      threads: { ...threads, atMost: config.BLOCKING_THREADS },
      supervisor,
    });
    const app = createApp({
      coordinators,
      histories: forEachStyle((style) => remembered[traits[style].mechanism]),
      balance: (id) => findBalance(database, id),
      list: (query) => listSignups(database, query),
      feed,
      metrics: metrics.scrape,
      shed: metrics.shed,
      report,
      countedDays: () => countedDays(database),
      latest: (limit) => latestSignups(database, limit),
      supervisor,
      verificationKey: config.VERIFICATION_KEY,
      publicUrl: config.PUBLIC_URL,
      operatorToken: OPERATOR_TOKEN,
      mailboxUrl: MAILBOX_URL,
      crowdUrl: CROWD_URL,
      links: {
        temporalUi: TEMPORAL_UI_URL,
        workflow:
          TEMPORAL_UI_URL === undefined
            ? undefined
            : (id) => workflowPage(TEMPORAL_UI_URL, address.namespace, id),
        rabbitmqUi: RABBITMQ_UI_URL,
        mailbox: MAILBOX_URL,
      },
      pageFolder: PAGE_FOLDER,
      log,
    });
    const server = createServer(app);
    // Connections of one moment wait with the system until they are accepted; it keeps 511 unless told otherwise.
    await once(server.listen({ port: config.PORT, host: config.HOST, backlog: 4096 }), 'listening');
    return {
      notReady: () => undefined,
      async stop() {
        // Answers under way are finished, streams ended; whoever takes too long over it is not waited for.
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        feed.stop();
        setTimeout(() => server.closeAllConnections(), finishWithinMs).unref();
        await closed;
        // No caller is left: calls that are still under way are cut, which ends what runs in the threads.
        await Promise.all([chain.stop(), calls.stop()]);
        await threads.close();
        await instance.leave();
        await clocks.close();
        await database.end();
        await connection.close();
      },
    };
  },
  { health: false },
);
