/**
 * What is lost on the broker, or was never there, comes back by itself, and with it what was told meanwhile. Services of two
 * reactions each, in a virtual host and a database of their own on the servers of this run.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import { pino } from 'pino';
import { openDatabase, type Database } from '../../adapters/postgres.ts';
import { retryPolicy } from '../../domain/process.ts';
import { reaction, type Reaction } from '../../messaging/inbox.ts';
import { managementApi } from '../../messaging/management.ts';
import { tell } from '../../messaging/outbox.ts';
import { retellReaction } from '../../messaging/requests.ts';
import { startChainService, type ChainService } from '../../messaging/service.ts';
import { eventExchange, makeShared } from '../../messaging/topology.ts';
import { careForBroker, type BrokerInCare } from '../../platform/broker-care.ts';
import { provisionPostgres } from '../../platform/provision/postgres.ts';
import { migrate } from '../../storage/migrate.ts';
import { eventually, theStack } from '../stack.ts';

const queue = 'messages.greet';
const later = 'messages.congratulate';

describe('The topology', function () {
  this.timeout(90_000);

  let place: Place;
  let heard: string[];
  let listener: ChainService | undefined;
  let producer: ChainService | undefined;
  let platform: BrokerInCare | undefined;

  beforeEach(async () => {
    place = await emptyPlace();
    heard = [];
  });

  afterEach(async () => {
    await Promise.all([listener?.stop(), producer?.stop(), platform?.stop()]);
    listener = producer = platform = undefined;
    await place.remove();
  });

  it('is made by services that nobody looks after, in whichever order they start', async () => {
    const edge = await place.start('accounts', []);
    const first = await told(edge);
    listener = await place.start('messages', listening());
    await isHeard(queue, first);
    await edge.stop();
  });

  it('gives a service what was told before it was ever started, although it was published and went nowhere', async () => {
    platform = await place.care({});
    // As the api: it tells, and is asked nothing.
    const edge = await place.start('accounts', []);
    const first = await told(edge);
    await isSent(first);
    listener = await place.start('messages', listening());
    await isAsked('messages');
    producer = await place.start('accounts', [retellReaction('accounts.retell')]);
    await isHeard(queue, first);
    await edge.stop();
  });

  it('is there before a service of the stack tells anything', async () => {
    platform = await place.care({ messages: listening() });
    producer = await place.start('accounts', [retellReaction('accounts.retell')]);
    const first = await told(producer);
    await isSent(first);
    assert.equal(await place.depthOf(queue), 1);
    listener = await place.start('messages', listening());
    await isHeard(queue, first);
  });

  it('grows by a queue at an upgrade, which gets what was told since the version before was seen, and nothing older', async () => {
    platform = await place.care({ messages: listening() });
    await bothStart();
    const old = await told(producer!);
    await isHeard(queue, old);
    await isSeenWhole('messages');
    await listener!.stop();
    await place.asked(
      'accounts',
      `update outbox set sent_at = now() - interval '1 hour' where signup_id = $1`,
      old,
    );
    const between = await told(producer!);
    await isSent(between);
    listener = await place.start('messages', [...listening(), listen(later)]);
    await isHeard(later, between);
    await isHeard(queue, between);
    assert.ok(!heard.includes(`${later} ${old}`));
  });

  it('loses a queue with what is in it while its service is away: both come back, also where the platform made it again', async () => {
    platform = await place.care({ messages: listening() });
    await bothStart();
    await isSeenWhole('messages');
    await listener!.stop();
    const lost = await told(producer!);
    await eventually('the event in the queue', async () => (await place.depthOf(queue)) === 1);
    await place.onBroker(async (channel) => channel.deleteQueue(queue));
    await platform.stop();
    platform = await place.care({ messages: listening() });
    assert.equal(await place.depthOf(queue), 0);
    listener = await place.start('messages', listening());
    await isHeard(queue, lost);
  });

  it('loses the exchange under running services: it is there again within seconds, and what was told meanwhile arrives', async () => {
    platform = await place.care({ messages: listening() });
    await bothStart();
    await isSeenWhole('messages');
    await place.onBroker((channel) => channel.deleteExchange(eventExchange));
    const meanwhile = await told(producer!);
    await isHeard(queue, meanwhile);
    await isHeard(queue, await told(producer!));
  });

  it('has its exchange replaced by one without bindings: what was published into the void is told again', async () => {
    await place.onBroker((_, connection) => makeShared(connection));
    await bothStart();
    await isSeenWhole('messages');
    await place.onBroker(async (channel, connection) => {
      await channel.deleteExchange(eventExchange);
      await makeShared(connection);
    });
    const intoTheVoid = await told(producer!);
    await isSent(intoTheVoid);
    await isHeard(queue, intoTheVoid);
  });

  it('is lost as a whole while everything runs, and comes back as a whole', async () => {
    platform = await place.care({ messages: listening() });
    await bothStart();
    await isSeenWhole('messages');
    await place.loseEverything();
    const meanwhile = await told(producer!);
    await isHeard(queue, meanwhile);
  });

  function listening(): Reaction[] {
    return [listen(queue), retellReaction('messages.retell')];
  }

  function listen(to: string): Reaction {
    return reaction({
      queue: to,
      on: ['account.activated'],
      async react(_, { subject }) {
        heard.push(`${to} ${subject}`);
        return [];
      },
    });
  }

  async function bothStart(): Promise<void> {
    producer = await place.start('accounts', [retellReaction('accounts.retell')]);
    listener = await place.start('messages', listening());
    await isHeard(queue, await told(producer));
  }

  /** Tells of a signup, and returns its id. */
  async function told(by: ChainService): Promise<string> {
    const signupId = randomUUID();
    const about = { source: '/accounts', signupId, time: new Date().toISOString() };
    await by.transaction(async (transaction) => {
      tell(transaction, about, [{ type: 'account.activated', data: { email: 'a@example.com' } }]);
    });
    return signupId;
  }

  async function isHeard(by: string, signupId: string): Promise<void> {
    await eventually(`${by} to hear of ${signupId}`, () => heard.includes(`${by} ${signupId}`));
    assert.equal(heard.filter((each) => each === `${by} ${signupId}`).length, 1, 'it takes effect once');
  }

  async function isSent(signupId: string): Promise<void> {
    const sent = 'select from outbox where sent_at is not null and signup_id = $1';
    await eventually('the event to be sent', async () => (await place.asked('accounts', sent, signupId)) > 0);
  }

  async function isAsked(by: Service): Promise<void> {
    const asked = `select from outbox where sent_at is not null and type = 'retell.requested'`;
    await eventually(`${by} to ask`, async () => (await place.asked(by, asked)) > 0);
  }

  async function isSeenWhole(by: Service): Promise<void> {
    await place.asked(by, `update topology set seen_at = '-infinity'`);
    const seen = `select from topology where seen_at > '-infinity'`;
    await eventually(`${by} to see its topology whole`, async () => (await place.asked(by, seen)) > 0);
  }
});

type Service = 'accounts' | 'messages';
type Place = Awaited<ReturnType<typeof emptyPlace>>;

/** A virtual host and a database, both empty. */
async function emptyPlace() {
  const { databaseAdmin, amqpAdmin, amqpManagement = '' } = theStack().addresses;
  const name = `topology_${randomUUID().slice(0, 8)}`;
  const api = managementApi(amqpManagement, amqpAdmin);
  await api('PUT', `vhosts/${name}`, {});
  await api('PUT', `permissions/${name}/${new URL(amqpAdmin).username}`, {
    ...{ configure: '.*', write: '.*', read: '.*' },
  });
  const amqpUrl = new URL(`/${name}`, amqpAdmin).href;
  const admin = openDatabase(databaseAdmin, { connections: 1 });
  await admin.query(`create database ${name}`);
  const { database, installation } = await provisionPostgres(new URL(`/${name}`, databaseAdmin).href, true);
  const open: Partial<Record<Service, Database>> = {};
  for (const service of ['accounts', 'messages'] as const) {
    await migrate(database[service], service, () => {});
    open[service] = openDatabase(database[service], { connections: 4 });
  }

  return {
    start: (service: Service, reactions: readonly Reaction[]) =>
      startChainService({
        ...{ service, database: open[service]!, instance: randomUUID(), amqpUrl, reactions },
        ...{
          retry: retryPolicy,
          onRetry: () => {},
          log: pino({ level: process.env['LOG'] ?? 'silent', base: { service } }),
        },
      }),
    care: (listening: Parameters<typeof careForBroker>[2]) =>
      careForBroker({ url: amqpUrl, port: 0 }, installation, listening, () => {}),
    onBroker,
    depthOf: (queueName: string) =>
      onBroker(async (channel) => (await channel.checkQueue(queueName)).messageCount),
    async loseEverything() {
      const listed = async (what: string) =>
        ((await api('GET', `${what}/${name}?columns=name`)) as { name: string }[]).map((each) => each.name);
      const [queues, exchanges] = await Promise.all([listed('queues'), listed('exchanges')]);
      await onBroker(async (channel) => {
        for (const each of exchanges.filter((one) => one !== '' && !one.startsWith('amq.')))
          await channel.deleteExchange(each);
        for (const each of queues) await channel.deleteQueue(each);
      });
    },
    /** How many rows the statement found or changed. */
    async asked(service: Service, statement: string, ...values: unknown[]): Promise<number> {
      return (await open[service]!.query(statement, values)).rowCount ?? 0;
    },
    async remove() {
      await Promise.all(Object.values(open).map((each) => each.end()));
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
      await api('DELETE', `vhosts/${name}`);
    },
  };

  async function onBroker<T>(
    use: (channel: amqp.Channel, connection: amqp.ChannelModel) => Promise<T>,
  ): Promise<T> {
    const connection = await amqp.connect(amqpUrl, { noDelay: true });
    try {
      return await use(await connection.createChannel(), connection);
    } finally {
      await connection.close();
    }
  }
}
