/** A projection over real streams: what is read in order counts once, and what cannot be counted stops it. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '../../adapters/postgres.ts';
import { until } from '../../adapters/waiting.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { Publish } from '../../messaging/transport.ts';
import { logExchange, makeLog } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { streamLog } from '../../messaging/transports/rabbitmq-stream/stream.ts';
import { hostOf, startProxy, throughProxy } from '../../tools/lab/proxy.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';
import { activated } from './ways.ts';

describe('A projection', function () {
  this.timeout(120_000);
  let servers: OwnServers;
  let database: Database;

  beforeEach(async () => {
    servers = await ownServers();
    database = servers.databases.notifications;
    await servers.onBroker((_, connection) => makeLog(connection));
    await database.query('create table projected (at serial, id uuid)');
  });
  afterEach(async () => {
    await servers.remove();
  });

  it('counts each record once, and in order, when it is killed in the middle', async () => {
    const events = Array.from({ length: 1500 }, inFirstPartition);
    const last = events[1200]!;
    await publishing((publish) => publish(events));
    const lock = openDatabase(servers.databaseUrls.notifications, { connections: 1 });
    try {
      await lock.query('select pg_advisory_lock(1)');
      await atEvent(last, 'perform pg_advisory_xact_lock_shared(1)');
      await using projection = projecting();
      await untilHeldUp(lock);
      await projection.kill();
    } finally {
      await lock.end();
    }
    const before = (await projected()).length;
    assert.ok(before > 0 && before <= 1200, `${before} were counted`);
    await using _ = projecting();
    await untilProjected(events);
  });

  it('counts a record once whose commit it did not hear of', async () => {
    const [event, next] = [inFirstPartition(), inFirstPartition()];
    const url = servers.databaseUrls.notifications;
    const proxy = await startProxy(() => hostOf(url));
    const lock = openDatabase(url, { connections: 1 });
    try {
      await lock.query('select pg_advisory_lock(1)');
      await atEvent(event, 'perform pg_advisory_xact_lock_shared(1)', 'at its commit');
      await using _ = projecting(throughProxy(url, proxy));
      await publishing((publish) => publish([event]));
      await untilHeldUp(lock);
      proxy.reset();
      await lock.query('select pg_advisory_unlock(1)');
      await until('it to be committed', async () => (await projected()).length === 1);
      proxy.heal();
      await publishing((publish) => publish([next]));
      await untilProjected([event, next]);
    } finally {
      await lock.end();
      await proxy.close();
    }
  });

  it('stops at an event that it cannot count, and counts it once it is started again and can', async () => {
    const [first, broken, next] = [inFirstPartition(), inFirstPartition(), inFirstPartition()];
    await atEvent(broken, `raise exception 'this event cannot be counted'`);
    await publishing(async (publish) => {
      for (const event of [first, broken, next]) await publish([event]);
    });
    {
      await using projection = projecting();
      await until('it to stop', () => projection.printed().includes('this event cannot be counted'));
      const passed = await projected();
      assert.ok(!passed.includes(broken.id) && !passed.includes(next.id), 'nothing is passed over');
    }
    await database.query('drop function at_event cascade');
    await using _ = projecting();
    await untilProjected([first, broken, next]);
  });

  it('sets aside what it cannot read, also in a batch with events that it can, and reads on', async () => {
    const [first, inBatch, next] = [inFirstPartition(), inFirstPartition(), inFirstPartition()];
    await publishing(async (publish) => {
      await publish([first]);
      await append('no event');
      await append(JSON.stringify([inBatch, { ...next, type: 'account.forgotten' }]));
      await publish([next]);
    });
    await using _ = projecting();
    await untilProjected([first, inBatch, next]);
    const { rows } = await database.query<{ content: string }>(
      'select content from set_aside order by position',
    );
    assert.equal(rows.length, 2);
    assert.equal(rows[0]!.content, 'no event');
    assert.match(rows[1]!.content, /account\.forgotten/);
  });

  /** Starts the process of `fixtures/`. */
  function projecting(databaseUrl = servers.databaseUrls.notifications) {
    const { PATH, HOME } = process.env;
    const program = fileURLToPath(new URL('fixtures/projects-rabbitmq-stream.ts', import.meta.url));
    const child = spawn(process.execPath, [program], {
      env: { PATH, HOME, AMQP_URL: servers.amqpUrl, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    const kill = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    };
    return { printed: () => printed, kill, [Symbol.asyncDispose]: kill };
  }

  async function publishing(use: (publish: Publish) => Promise<void>): Promise<void> {
    const { open } = streamLog({ url: servers.amqpUrl, database, instance: '' });
    const log = await open({ service: 'accounts', onProblem: () => {} });
    try {
      await until('a connection', () => log.isConnected());
      await use(log.publish);
    } finally {
      await log.close();
    }
  }

  function append(content: string): Promise<void> {
    return servers.publishRaw(logExchange, '0', content);
  }

  /** Waits until the projection waits for a lock. */
  async function untilHeldUp(on: Database): Promise<void> {
    await until('the projection to be held up', async () => {
      const { rowCount } = await on.query(
        `select from pg_locks join pg_database d on d.oid = database
         where locktype = 'advisory' and datname = current_database() and not granted`,
      );
      return rowCount === 1;
    });
  }

  /** Has the database do something when that event is counted, or when that is committed. */
  async function atEvent(
    { id }: Envelope,
    statement: string,
    when: 'at once' | 'at its commit' = 'at once',
  ): Promise<void> {
    await database.query(
      `create function at_event() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$`,
    );
    const [trigger, deferred] =
      when === 'at once'
        ? ['trigger at_event before', '']
        : ['constraint trigger at_event after', 'deferrable initially deferred'];
    await database.query(
      `create ${trigger} insert on projected ${deferred} for each row when (new.id = '${id}')
       execute function at_event()`,
    );
  }

  async function projected(): Promise<string[]> {
    const { rows } = await database.query<{ id: string }>('select id from projected order by at');
    return rows.map(({ id }) => id);
  }

  async function untilProjected(events: readonly Envelope[]): Promise<void> {
    await until('all to be counted', async () => {
      const ids = await projected();
      if (ids.length < events.length) throw new Error(`${ids.length} of ${events.length}`);
      assert.deepEqual(
        ids,
        events.map(({ id }) => id),
      );
      return true;
    });
  }
});

/** An event about a signup whose place is the first partition. */
const inFirstPartition = () => activated(`00000000${randomUUID().slice(8)}`);
