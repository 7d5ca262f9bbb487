import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import amqplib from 'amqplib';
import { ours } from '../../tools/platform/our-processes.ts';
import { startStack, type ProcessName, type Stack } from '../../tools/platform/stack.ts';
import { until } from '../../adapters/waiting.ts';
import { listens, processesNaming, query, temporaryFolder, untilGone, withDescendants } from './stage.ts';

const everything: readonly ProcessName[] = [
  'api',
  'accounts',
  'notifications',
  'tracker',
  'mailbox',
  'rabbitmq',
  'kafka',
  'temporal',
  'postgres',
];

describe('A stack', function () {
  this.timeout(90_000);
  const folder = temporaryFolder();
  const home = join(folder.path, 'state');
  let stack: Stack;
  before(async function () {
    // Beside other stacks on two cores, all that is to be made at first takes its time.
    this.timeout(180_000);
    stack = await startStack({ home, environment: surroundings() });
    await stack.untilReady('kafka');
  });
  after(async () => {
    await stack?.stop();
    folder[Symbol.dispose]();
  });

  /** The user's environment without what would make this stack attach to something. */
  function surroundings(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const { PATH, HOME, XDG_CACHE_HOME } = process.env;
    return { PATH, HOME, XDG_CACHE_HOME, ...extra };
  }
  function written(): Record<string, { pid?: number; port?: number }> {
    return (
      JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as {
        processes: Record<string, { pid: number }>;
      }
    ).processes;
  }
  /** A pid there is; a held or dying process has none, and 0 would stand for the whole machine. */
  function pidOf(name: ProcessName): number {
    const pid = stack.pidOf(name);
    assert.ok(pid !== undefined, `${name} runs`);
    return pid;
  }

  it('warns of nothing while it starts for the first time', () => {
    const linesOf = (name: string) => readFileSync(join(home, 'logs', `${name}.log`), 'utf8').split('\n');
    const warnings = ours.flatMap(linesOf).filter((line) => /"level":[456]0/.test(line));
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      linesOf('postgres').filter((line) => line.includes('permission denied')),
      [],
    );
  });

  it('lists every process with pid and port in stack.json', () => {
    const processes = written();
    for (const name of everything) {
      assert.equal(processes[name]?.pid, stack.pidOf(name), name);
      assert.equal(processes[name]?.port, stack.portOf(name), name);
      process.kill(stack.pidOf(name) ?? 0, 0);
    }
    assert.equal(processes.supervisor?.pid, process.pid);
  });

  it('takes a signup, and its mail arrives', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const answer = await fetch(`${stack.urls.api}/signups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, style: 'choreography' }),
    });
    assert.equal(answer.status, 202, await answer.text());
    await until('the welcome mail', async () => {
      const mails = (await (await fetch(`${stack.urls.mailbox}/messages?to=${email}`)).json()) as unknown[];
      assert.equal(mails.length, 1);
      return true;
    });
  });

  it('listens on loopback only', () => {
    const listening = execFileSync('ss', ['-Hltn'], { encoding: 'utf8' }).split('\n');
    for (const name of everything) {
      const lines = listening.filter((line) => new RegExp(`:${stack.portOf(name)}\\s`).test(line));
      assert.ok(lines.length > 0, name);
      for (const line of lines) assert.match(line, /127\.0\.0\.1/, name);
    }
  });

  it('keeps everything in its folder from other users', async () => {
    // As root, Postgres runs as another user, whose group may go through the folder.
    assert.equal(statSync(home).mode & 0o767, 0o700);
    // It is in use: a folder may go while it is read, which then begins again, and a file before it is looked at.
    const entries = await until('the folder to be read', () =>
      readdirSync(home, { recursive: true, withFileTypes: true }),
    );
    const open = entries.filter((entry) => {
      const { mode } = lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }) ?? {
        mode: 0,
      };
      return !entry.isSymbolicLink() && (mode & 0o077) !== 0;
    });
    assert.deepEqual(
      open.map(({ name }) => name),
      [],
    );
    assert.ok(statSync(join(home, 'mailbox.jsonl')).size > 0, 'it has been written to');
  });

  it('gives each service its own role, which neither reads nor writes another’s tables', async () => {
    const { database } = stack.addresses;
    const { rows } = await query(database.accounts, 'select current_user as role, current_schema as schema');
    assert.match(rows[0].role, /^duet_[0-9a-f]{8}_accounts$/);
    assert.equal(rows[0].schema, 'accounts');
    await query(database.notifications, 'create table if not exists only_mine (id int)');
    await assert.rejects(
      query(database.accounts, 'select * from notifications.only_mine'),
      /permission denied for schema notifications/,
    );
    await assert.rejects(
      query(database.accounts, 'create table public.shared (id int)'),
      /permission denied for schema public/,
    );
  });

  it('gives each service its own broker user, which cannot touch another’s queues', async () => {
    const connection = await amqplib.connect(stack.addresses.amqp.accounts);
    try {
      const own = await connection.createChannel();
      await own.assertQueue('accounts.test', { durable: false, autoDelete: true });
      const other = await connection.createChannel();
      other.on('error', () => {});
      await assert.rejects(other.assertQueue('notifications.test', { durable: false }), /ACCESS_REFUSED/);
    } finally {
      await connection.close();
    }
  });

  it('keeps Temporal’s histories for 30 days and knows SignupStatus', async () => {
    const { Client, Connection } = await import('@temporalio/client');
    const connection = await Connection.connect({ address: stack.addresses.temporal });
    try {
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400);
      const { count } = await new Client({ connection }).workflow.count(`SignupStatus = 'none'`);
      assert.equal(count, 0);
    } finally {
      await connection.close();
    }
  });

  it('refuses a second stack over the same folder, naming who runs and the two ways out', async () => {
    await assert.rejects(startStack({ home, environment: surroundings() }), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`already running over \`${home}\` \\(process ${process.pid}\\)`),
      );
      assert.match(error.message, new RegExp(`kill ${process.pid}`));
      assert.match(error.message, /DUET_HOME=/);
      return true;
    });
    assert.ok(written().api, 'the running stack is untouched');
  });

  it('starts every process that is killed again, on the same port, and tells stack.json', async () => {
    const was = new Map(
      everything.map((name) => [name, { pid: stack.pidOf(name), port: stack.portOf(name) }]),
    );
    await Promise.all(everything.map((name) => stack.kill(name)));
    await Promise.all(everything.map((name) => stack.untilReady(name)));
    for (const [name, { pid, port }] of was) {
      assert.notEqual(stack.pidOf(name), pid, name);
      assert.equal(stack.portOf(name), port, name);
      assert.equal(written()[name]?.pid, stack.pidOf(name), name);
    }
  });

  it('leaves a held process down until it is released', async () => {
    await stack.hold('notifications');
    assert.equal(stack.pidOf('notifications'), undefined);
    assert.equal(await listens(stack.portOf('notifications')), false);
    await stack.release('notifications');
    assert.equal(await listens(stack.portOf('notifications')), true);
  });

  it('runs a second api beside the first and ends it alone', async () => {
    const second = await stack.add('api');
    assert.notEqual(second.url, stack.urls.api);
    assert.equal((await fetch(`${second.url}/health/ready`)).status, 200);
    await second.stop();
    await assert.rejects(fetch(`${second.url}/health/live`));
    assert.equal((await fetch(`${stack.urls.api}/health/ready`)).status, 200);
  });

  it('says so when PORT is given and taken', async () => {
    await using other = await taken();
    using elsewhere = temporaryFolder();
    const starting = startStack({
      home: elsewhere.path,
      environment: surroundings({ PORT: String(other.port) }),
    });
    await assert.rejects(starting, new RegExp(`Port \`${other.port}\` \\(PORT\\) is taken`));
    assert.deepEqual(processesNaming(elsewhere.path), []);
  });

  it('attaches a second stack to its parts, on the next free ports', async () => {
    using elsewhere = temporaryFolder();
    const { databaseAdmin, amqpAdmin, amqpManagement, kafka, temporal, smtp, sms } = stack.addresses;
    const lines: string[] = [];
    await using attached = await startStack({
      home: elsewhere.path,
      log: (line) => void lines.push(line),
      environment: surroundings({
        DATABASE_URL: databaseAdmin,
        AMQP_URL: amqpAdmin,
        AMQP_MANAGEMENT_URL: amqpManagement,
        KAFKA_BROKERS: kafka,
        TEMPORAL_ADDRESS: temporal,
        SMTP_URL: smtp,
        SMS_URL: sms,
      }),
    });
    assert.notEqual(attached.urls.api, stack.urls.api);
    for (const name of ['postgres', 'rabbitmq', 'kafka', 'temporal'] as const) {
      assert.equal(attached.pidOf(name), undefined, name);
      assert.equal(attached.portOf(name), stack.portOf(name), name);
    }
    assert.deepEqual(attached.addresses.database, stack.addresses.database);
    assert.deepEqual(attached.addresses.amqp, stack.addresses.amqp);
    assert.equal(attached.addresses.verificationKey, stack.addresses.verificationKey);
    assert.equal(lines.filter((line) => / attach /.test(line)).length, 6, lines.join('\n'));
    assert.equal((await fetch(`${attached.urls.api}/health/ready`)).status, 200);
    // Nothing of the attached stack's administrator reaches a process.
    for (const name of ['api', 'accounts', 'notifications', 'tracker'] as const) {
      assert.notEqual(attached.environmentOf(name).DATABASE_URL, databaseAdmin);
      assert.notEqual(attached.environmentOf(name).AMQP_URL, amqpAdmin);
    }
  });

  it('warns when the broker users cannot be made', async () => {
    using elsewhere = temporaryFolder();
    const lines: string[] = [];
    await using attached = await startStack({
      home: elsewhere.path,
      log: (line) => void lines.push(line),
      processes: ['postgres', 'rabbitmq'],
      environment: surroundings({
        DATABASE_URL: stack.addresses.databaseAdmin,
        AMQP_URL: stack.addresses.amqpAdmin,
      }),
    });
    assert.match(lines.join('\n'), /Warning: AMQP_MANAGEMENT_URL is not set/);
    assert.equal(attached.addresses.amqp.notifications, stack.addresses.amqpAdmin);
  });

  it('stops within 10 s and leaves no process, and the next start finds what was kept', async () => {
    const all = everything.flatMap((name) => withDescendants(pidOf(name)));
    assert.ok(all.length >= everything.length);
    const accepted = { mails: await mailCount(stack) };
    const began = Date.now();
    await stack.stop();
    // The stack ends all by SIGKILL before 10 s are over; a busy machine takes a moment more to be done with that.
    assert.ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
    await untilGone(all, home);
    assert.throws(() => statSync(join(home, 'stack.json')));
    const parts: ProcessName[] = ['postgres', 'mailbox'];
    const again = { home, environment: surroundings(), processes: parts };
    {
      await using kept = await startStack(again);
      assert.equal((await query(kept.addresses.database.notifications, 'select from only_mine')).rowCount, 0);
      assert.equal(await mailCount(kept), accepted.mails);
    }
    await using emptied = await startStack({ ...again, fresh: true });
    await assert.rejects(
      query(emptied.addresses.database.notifications, 'select from only_mine'),
      /does not exist/,
    );
    assert.equal(await mailCount(emptied), 0);
  });

  async function mailCount({ urls }: Stack): Promise<number> {
    return ((await (await fetch(`${urls.mailbox}/messages?limit=1000`)).json()) as unknown[]).length;
  }
  async function taken(): Promise<{ port: number } & AsyncDisposable> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    return { port, [Symbol.asyncDispose]: async () => void server.close() };
  }
});
