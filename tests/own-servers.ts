/**
 * A virtual host and a database of their own on the servers of this run, with the schemas of both services
 * and nothing on the broker: where all may be taken away.
 */
import { randomUUID } from 'node:crypto';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { migrate } from '../adapters/migrate.ts';
import { openDatabase } from '../adapters/postgres.ts';
import { managementApi } from '../tools/operator/management.ts';
import { provisionPostgres } from '../tools/platform/provision/postgres.ts';
import { theStack } from './stack.ts';

export type Service = 'accounts' | 'notifications';

export type OwnServers = Awaited<ReturnType<typeof ownServers>>;

/** Makes them. */
export async function ownServers() {
  const { databaseAdmin, amqpAdmin, amqpManagement = '' } = theStack().addresses;
  const name = `place_${randomUUID().slice(0, 8)}`;
  const api = managementApi(amqpManagement, amqpAdmin);
  const everything = { configure: '.*', write: '.*', read: '.*' };
  await api('PUT', `vhosts/${name}`, {});
  await api('PUT', `permissions/${name}/${new URL(amqpAdmin).username}`, everything);
  const amqpUrl = new URL(`/${name}`, amqpAdmin).href;
  const admin = openDatabase(databaseAdmin, { connections: 1 });
  await admin.query(`create database ${name}`);
  const { database: databaseUrls, installation } = await provisionPostgres(
    new URL(`/${name}`, databaseAdmin).href,
    true,
  );
  const open = async (service: Service) => {
    await migrate(databaseUrls[service], service, () => {});
    return openDatabase(databaseUrls[service], { connections: 4 });
  };
  const databases = { accounts: await open('accounts'), notifications: await open('notifications') };
  /** Runs `use` on a connection of the broker's administrator, and on a channel of it. */
  const onBroker = async <T>(use: (channel: Channel, connection: ChannelModel) => Promise<T>): Promise<T> => {
    const connection = await amqp.connect(amqpUrl, { noDelay: true });
    try {
      return await use(await connection.createChannel(), connection);
    } finally {
      await connection.close();
    }
  };

  return {
    amqpUrl,
    databaseUrls,
    databases,
    installation,
    onBroker,
    /** Publishes whatever it is, confirmed. */
    publishRaw: (exchange: string, key: string, content: string): Promise<void> =>
      onBroker(async (_, connection) => {
        const channel = await connection.createConfirmChannel();
        channel.publish(exchange, key, Buffer.from(content), { persistent: true });
        await channel.waitForConfirms();
      }),
    /** The names of all `queues`, or `exchanges`, that are there. */
    async listed(what: 'queues' | 'exchanges'): Promise<string[]> {
      const all = (await api('GET', `${what}/${name}?columns=name`)) as { name: string }[];
      return all.map((each) => each.name);
    },
    async remove() {
      await Promise.all(Object.values(databases).map((each) => each.end()));
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
      await api('DELETE', `vhosts/${name}`);
    },
  };
}
