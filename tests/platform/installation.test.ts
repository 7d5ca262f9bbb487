/** What an installation makes on servers that others use, too, over databases and roles of the test's own. */
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { provisionPostgres, type ProvisionedDatabase } from '../../tools/platform/provision/postgres.ts';
import { provisionRabbit } from '../../tools/platform/provision/rabbitmq.ts';
import { provisionTemporal } from '../../tools/platform/provision/temporal.ts';
import { findNamespace } from '../../tools/platform/temporal-connection.ts';
import { migrate } from '../../adapters/migrate.ts';
import { theStack } from '../stack.ts';
import { query } from './stage.ts';

const services = ['accounts', 'notifications', 'tracker'] as const;

describe('An installation', () => {
  const made: { databases: string[]; roles: string[] } = { databases: [], roles: [] };
  const admin = () => theStack().addresses.databaseAdmin;

  after(async () => {
    for (const name of made.databases) {
      await query(admin(), `drop database if exists ${name} with (force)`);
    }
    for (const name of made.roles) await query(admin(), `drop role if exists ${name}`);
  });

  it('leaves another one on the same server its passwords', async () => {
    const [first, second] = [await provisioned(await database()), await provisioned(await database())];
    assert.notEqual(first.installation.id, second.installation.id);
    for (const { database: urls } of [first, second]) {
      for (const url of Object.values(urls)) await query(url, 'select 1');
    }
    assert.notEqual(first.verificationKey, second.verificationKey);
  });

  it('is the same for a second stack over its database', async () => {
    const url = await database();
    assert.deepEqual(await Promise.all([provisioned(url), provisioned(url)]), [
      await provisioned(url),
      await provisioned(url),
    ]);
  });

  it('has secrets that neither the administrator’s password nor the services’ roles give away', async () => {
    const { database: urls, installation } = await provisioned(await database());
    assert.match(installation.secret, /^[0-9a-f]{64}$/);
    for (const url of Object.values(urls)) {
      await assert.rejects(query(url, 'select * from duet.installation'), /permission denied/);
    }
  });

  it('refuses another key of the links than the first, and takes the first again', async () => {
    const url = await database();
    const key = randomBytes(32).toString('hex');
    assert.equal((await provisioned(url, key)).verificationKey, key);
    for (const other of [undefined, randomBytes(32).toString('hex')]) {
      await assert.rejects(provisioned(url, other), (error: Error) => {
        assert.match(error.message, /^VERIFICATION_KEY is not/);
        assert.ok(!error.message.includes(key));
        return true;
      });
    }
    assert.equal((await provisioned(url, key.toUpperCase())).verificationKey, key.toUpperCase());
  });

  it('is made by an owner with CREATEROLE that is no superuser, and works for every service', async () => {
    const { database: urls } = await provisioned(await managedDatabase());
    for (const service of services) {
      await migrate(urls[service], service, (reason) => assert.fail(reason));
    }
    await query(urls.clock, 'select count(*) from accounts.clocks');
    await query(urls.accounts, 'select count(*) from tracker.shown_signups');
    await assert.rejects(query(urls.accounts, 'select * from notifications.sends'), /permission denied/);
  });

  it('says so where the administrator may not make roles', async () => {
    const url = await managedDatabase('nocreaterole');
    await assert.rejects(provisioned(url), /could not be provisioned: permission denied.*\n.*CREATEROLE/);
  });

  it('is told that the virtual host of its broker is another’s', async () => {
    const { amqpAdmin: url, amqpManagement: managementUrl } = theStack().addresses;
    const { installation } = await provisioned(await database());
    const broker = { url, managementUrl: managementUrl!, port: 0 };
    await assert.rejects(
      provisionRabbit(broker, installation, () => {}),
      /virtual host `\/` of RabbitMQ is used by an installation over another database \(duet-[^)]*-accounts/,
    );
  });

  it('is told that the namespace of its Temporal is another’s', async () => {
    const { temporal: address, temporalNamespace: namespace } = theStack().addresses;
    const { installation } = await provisioned(await database());
    await assert.rejects(
      provisionTemporal({ address, namespace, embedded: false }, installation, {}, () => {}),
      /namespace `default` of Temporal is used by an installation over another database \([0-9a-f]{8}\)/,
    );
  });

  it('is told that its Temporal has no such namespace, and how to make it', async () => {
    const { temporal: address } = theStack().addresses;
    await assert.rejects(
      findNamespace(address, 'nowhere', {}),
      /^PlatformError: TEMPORAL_NAMESPACE is `nowhere`.*no such namespace.*namespace create.*--namespace nowhere/,
    );
  });

  function provisioned(url: string, key?: string): Promise<ProvisionedDatabase> {
    return provisionPostgres(url, false, key).then((all) => {
      made.roles.push(...Object.values(all.database).map((each) => new URL(each).username));
      return all;
    });
  }

  /** The superuser's address of a new database. */
  async function database(owner = 'postgres'): Promise<string> {
    const name = `installation_${randomBytes(4).toString('hex')}`;
    await query(admin(), `create database ${name} owner ${owner}`);
    made.databases.push(name);
    const url = new URL(admin());
    url.pathname = `/${name}`;
    return url.href;
  }

  /** The address of an owner as providers of databases give it. */
  async function managedDatabase(rights = 'createrole'): Promise<string> {
    const owner = `managed_${randomBytes(4).toString('hex')}`;
    await query(admin(), `create role ${owner} login ${rights} password 'its own'`);
    const url = new URL(await database(owner));
    made.roles.push(owner);
    url.username = owner;
    url.password = 'its own';
    return url.href;
  }
});
