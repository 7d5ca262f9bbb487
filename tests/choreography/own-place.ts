/** Two services, one that tells and one that listens, in a virtual host and a database of their own: where all may be taken away. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { retryPolicy } from '../../domain/process.ts';
import { reactionsWith, type Reaction } from '../../messaging/reactions.ts';
import { tell } from '../../messaging/outbox.ts';
import { retellReaction } from '../../messaging/requests.ts';
import { startChainService, type ChainService } from '../../messaging/service.ts';
import { rabbitmqQueue } from '../../messaging/transports/rabbitmq-queue/queue.ts';
import {
  careForBroker,
  type BrokerInCare,
  type SubscriptionsByService,
} from '../../tools/platform/broker-care.ts';
import { ownServers, type Service } from '../own-servers.ts';
import { until } from '../../adapters/waiting.ts';

const { reaction } = reactionsWith<unknown>();

/** The queue of the service that listens, and the one that it gets by an upgrade. */
export const queue = 'notifications.greet';
export const queueOfUpgrade = 'notifications.congratulate';

export type Place = Awaited<ReturnType<typeof ownPlace>>;

/** Makes such a place, empty. */
export async function ownPlace() {
  const servers = await ownServers();
  const { amqpUrl, databases, installation, onBroker } = servers;
  const heard: string[] = [];
  const running = new Set<ChainService>();
  let care: BrokerInCare | undefined;

  const listen = (to: string): Reaction =>
    reaction({
      queue: to,
      on: ['account.activated'],
      async react({ event: { subject } }) {
        heard.push(`${to} ${subject}`);
        return [];
      },
    });
  const listening = [listen(queue), retellReaction('notifications.retell')];
  const tables = {
    edge: { service: 'accounts', reactions: [] },
    producer: { service: 'accounts', reactions: [retellReaction('accounts.retell')] },
    listener: { service: 'notifications', reactions: listening },
    upgraded: { service: 'notifications', reactions: [...listening, listen(queueOfUpgrade)] },
  } as const satisfies Record<string, { service: Service; reactions: readonly Reaction[] }>;

  /** Starts a service: the `edge` of the one that tells has no queues, and `upgraded` is the one that listens with a queue more. */
  async function start(which: keyof typeof tables): Promise<ChainService> {
    const { service, reactions } = tables[which];
    const started = await startChainService({
      service,
      ways: new Map([['choreography', rabbitmqQueue({ url: amqpUrl, database: databases[service] })]]),
      database: databases[service],
      instance: randomUUID(),
      reactions,
      steps: undefined,
      retry: retryPolicy,
      onRetry: () => {},
      log: pino({ level: 'silent' }),
    });
    running.add(started);
    return started;
  }

  async function stop(service: ChainService): Promise<void> {
    running.delete(service);
    await service.stop();
  }

  /** How many rows a statement of a service found or changed. */
  async function rowsOf(service: Service, statement: string, ...values: unknown[]): Promise<number> {
    return (await databases[service].query(statement, values)).rowCount ?? 0;
  }

  /** Tells of a signup, and returns its id. */
  async function told(by: ChainService): Promise<string> {
    const signupId = randomUUID();
    const about = {
      source: '/accounts',
      style: 'choreography',
      signupId,
      time: new Date().toISOString(),
    } as const;
    await by.transaction(async (transaction) =>
      tell(transaction, about, [{ type: 'account.activated', data: { email: 'a@example.com' } }]),
    );
    return signupId;
  }

  async function isHeard(by: string, signupId: string): Promise<void> {
    const isHeardOf = () => heard.includes(`${by} ${signupId}`);
    await until(`${by} to hear of ${signupId}`, isHeardOf, { withinMs: 80_000 });
    assert.equal(heard.filter((each) => each === `${by} ${signupId}`).length, 1, 'it takes effect once');
  }

  return {
    heard,
    start,
    stop,
    rowsOf,
    told,
    isHeard,
    onBroker,
    /** The platform of a stack with those services, in the place of an earlier one. */
    async platform(services: SubscriptionsByService = { notifications: listening }): Promise<void> {
      await care?.stop();
      care = await careForBroker({ url: amqpUrl, port: 0 }, installation, services, () => {});
    },
    /** Starts both services; resolves once each has asked for what there was before it, and answered the other. */
    async bothStart() {
      const producer = await start('producer');
      const listener = await start('listener');
      await isHeard(queue, await told(producer));
      const answered = `select where 2 = (select count(*) from deliveries where queue = $1 and state = 'done')
        and not exists (select from retellings) and not exists (select from outbox where sent_at is null)`;
      const seen = `select from topology where seen_at > now() - interval '1 minute'`;
      for (const service of ['accounts', 'notifications'] as const) {
        await until(
          `${service} to have told again what was asked for`,
          async () => (await rowsOf(service, answered, `${service}.retell`)) > 0,
        );
        await rowsOf(service, `update topology set seen_at = now() - interval '1 hour'`);
        await until(`${service} to see its topology whole`, async () => (await rowsOf(service, seen)) > 0);
      }
      return { producer, listener };
    },
    async isSent(signupId: string) {
      const sent = 'select from outbox where sent_at is not null and signup_id = $1';
      await until('the event to be sent', async () => (await rowsOf('accounts', sent, signupId)) > 0);
    },
    depthOf: (of: string) => onBroker(async (channel) => (await channel.checkQueue(of)).messageCount),
    /** Takes away all queues and exchanges. */
    async loseEverything() {
      const [queues, exchanges] = await Promise.all([servers.listed('queues'), servers.listed('exchanges')]);
      await onBroker(async (channel) => {
        for (const each of exchanges.filter((one) => one !== '' && !one.startsWith('amq.'))) {
          await channel.deleteExchange(each);
        }
        for (const each of queues) await channel.deleteQueue(each);
      });
    },
    async remove() {
      await Promise.all([...[...running].map(stop), care?.stop()]);
      await servers.remove();
    },
  };
}
