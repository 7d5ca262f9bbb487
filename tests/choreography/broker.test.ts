/** The chain and its broker: what is lost when it dies (nothing), and who may see what on it. */
import { strict as assert } from 'node:assert';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountsReactions } from '../../choreography/accounts.ts';
import { notificationsReactions } from '../../choreography/notifications.ts';
import { managementApi, virtualHostOf } from '../../tools/operator/management.ts';
import { mailbox, postUntilAnswered, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { accountsOf, databaseOf, openSteps } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { depthOf, withBroker } from '../wire.ts';

const queuesOf = {
  accounts: accountsReactions.map(({ queue }) => queue),
  notifications: notificationsReactions.map(({ queue }) => queue),
};

describe('The broker', () => {
  it('may be killed and restarted while 200 signups are under way: nothing is lost, nothing sent twice', async () => {
    const stack = theStack();
    const requests = Array.from({ length: 200 }, () => uniqueRequest('choreography'));
    const replies: Awaited<ReturnType<typeof postUntilAnswered>>[] = [];
    // More than the api admits at a time: those that wait too long for their turn are told to come again.
    const posting = Promise.all(
      requests.map(async (request) => replies.push(await postUntilAnswered(request))),
    );
    await until('the first 50 signups to be accepted', () => replies.length >= 50);
    await stack.kill('rabbitmq');
    await posting;
    assert.deepEqual(
      [...new Set(replies.map(({ status }) => status))],
      [202],
      'a signup needs no broker to be accepted',
    );
    const ids = replies.map(({ body }) => body.id);
    await until(
      'all 200 signups to be notified',
      async () => {
        const notified = (await accountsOf(ids)).filter((account) => account.notified_at !== null);
        if (notified.length === 200) return true;
        throw new Error(`${notified.length} of 200`);
      },
      { withinMs: 120_000, everyMs: 250 },
    );
    await stack.untilReady('rabbitmq');
    for (const { email, phone } of requests) {
      assert.equal((await mailbox(email)).length, 1, `mails to ${email}`);
      assert.equal((await mailbox(phone!)).length, 1, `SMS to ${phone}`);
    }
  }).timeout(180_000);

  it('may be away when a signup comes: it is accepted, and goes on when the broker is back', async () => {
    const stack = theStack();
    await stack.hold('rabbitmq');
    const request = uniqueRequest('choreography');
    let id: string;
    try {
      ({ id } = await startSignup(request));
      assert.deepEqual(await mailbox(request.email), []);
    } finally {
      await stack.release('rabbitmq');
    }
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
  }).timeout(90_000);
});

describe('A broker that is short of memory', () => {
  it('takes nothing that is told, but what waits in its queues is worked off', async () => {
    const stack = theStack();
    const count = 150;
    await stack.hold('notifications');
    const requests = Array.from({ length: count }, () => uniqueRequest('choreography'));
    const replies = await Promise.all(requests.map((request) => postUntilAnswered(request)));
    const ids = replies.map(({ body }) => body.id);
    const queue = 'notifications.send-welcome-email';
    await until(
      'all in the queue',
      async () => (await depthOf('notifications', queue)) > 0 && (await unsentOf(ids)) === 0,
    );
    const enough = await withMemoryOf('1MB');
    try {
      // What it tells of the first mail is blocked until the alarm ends, and until then it is not ready.
      void stack.release('notifications').catch(() => {});
      await until(
        'all welcome mails to arrive',
        async () => {
          const arrived = await Promise.all(requests.map(async ({ email }) => (await mailbox(email)).length));
          if (arrived.every((mails) => mails === 1)) return true;
          throw new Error(`${arrived.filter((mails) => mails === 1).length} of ${count}`);
        },
        { withinMs: 90_000, everyMs: 500 },
      );
      await until('all of them to be acknowledged', async () => (await keptIn(queue)) === 0);
      const { rows } = await databaseOf('notifications').query(
        `select from outbox where sent_at is null and key = 'email.sent.welcome' and signup_id = any($1)`,
        [ids],
      );
      assert.equal(rows.length, count, 'what is told of them waits in the outbox');
    } finally {
      await enough();
      await stack.untilReady('notifications');
    }
    await until(
      'all signups to be notified',
      async () => (await accountsOf(ids)).every((account) => account.notified_at !== null),
      { withinMs: 60_000, everyMs: 250 },
    );
  }).timeout(180_000);

  async function unsentOf(ids: readonly string[]): Promise<number> {
    const { rows } = await databaseOf('accounts').query(
      'select from outbox where sent_at is null and signup_id = any($1)',
      [ids],
    );
    return rows.length;
  }

  /** The number of messages that a queue holds: those that wait, and those in hand. */
  async function keptIn(queue: string): Promise<number> {
    const { amqpAdmin, amqpManagement = '' } = theStack().addresses;
    const path = `queues/${virtualHostOf(amqpAdmin)}/${queue}?columns=messages`;
    return ((await managementApi(amqpManagement, amqpAdmin)('GET', path)) as { messages: number }).messages;
  }

  /** Starts the broker again with so little that its memory alarm is on; what is returned ends that. */
  async function withMemoryOf(limit: string): Promise<() => Promise<void>> {
    const stack = theStack();
    const path = join(stack.home, 'rabbitmq', 'rabbitmq.conf');
    const before = await readFile(path, 'utf8');
    const startWith = async (configuration: string) => {
      await stack.hold('rabbitmq');
      await writeFile(path, configuration);
      await stack.release('rabbitmq');
    };
    await startWith(`${before}vm_memory_high_watermark.absolute = ${limit}\n`);
    return () => startWith(before);
  }
});

describe('A service', () => {
  const services = ['accounts', 'notifications'] as const;

  for (const service of services) {
    const others = services.filter((other) => other !== service);
    it(`${service}: cannot read the queues of ${others.join(' and ')}`, async () => {
      for (const queue of others.flatMap((other) => queuesOf[other])) {
        await withBroker(service, async (connection) => {
          const channel = await connection.createChannel();
          channel.on('error', () => {});
          await assert.rejects(channel.get(queue), /ACCESS[_-]REFUSED/, `${service} may read ${queue}`);
        });
      }
    });
  }

  it('cannot read the tables of the other, in either direction', async () => {
    const tables = { accounts: 'notifications.sends', notifications: 'accounts.accounts' };
    for (const service of ['accounts', 'notifications'] as const) {
      await assert.rejects(
        databaseOf(service).query(`select 1 from ${tables[service]}`),
        /permission denied/,
      );
    }
    await assert.rejects(databaseOf('accounts').query('select 1 from tracker.feed'), /permission denied/);
  });

  it('shows the tracker what it tells, without whom it is about, and nothing else', async () => {
    const { id } = await startSignup(uniqueRequest('choreography'));
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    for (const service of ['accounts', 'notifications'] as const) {
      const tracker = databaseOf('tracker');
      const { rows } = await tracker.query(`select * from ${service}.told where signup_id = $1`, [id]);
      assert.ok(rows.length > 0, `${service} told nothing`);
      assert.doesNotMatch(JSON.stringify(rows), /\/verify\/|@|\+\d{7}/);
      for (const table of ['outbox', 'deliveries', 'observations'])
        await assert.rejects(tracker.query(`select 1 from ${service}.${table}`), /permission denied/);
    }
  });

  it('names no queue of another service in its file', async () => {
    const folder = new URL('../../choreography/', import.meta.url);
    for (const file of await readdir(folder)) {
      const text = await readFile(new URL(file, folder), 'utf8');
      for (const service of services) {
        if (file === `${service}.ts`) continue;
        for (const queue of queuesOf[service]) {
          assert.ok(!text.includes(queue), `choreography/${file} names ${queue}, a queue of ${service}`);
        }
      }
    }
  });

  it('leaves its events to the tracker, which notes them in an order without a gap and without the link', async () => {
    const { id } = await startSignup(uniqueRequest('choreography'));
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    // What is shown to the api is a view of the tracker's.
    const steps = await until('the signup in the feed', async () => {
      const { rows } = await databaseOf('accounts').query<{ step: string }>(
        'select * from tracker.shown_feed where signup_id = $1 order by position',
        [id],
      );
      assert.doesNotMatch(JSON.stringify(rows), /\/verify\/|@/);
      return rows.length === 4 && rows.map(({ step }) => step).toSorted();
    });
    assert.deepEqual(steps, ['openAccount', 'recordNotified', 'sendEmail welcome', 'sendSms welcome']);
    const { rows } = await databaseOf('tracker').query<{ gaps: string }>(
      'select max(position) - count(*) as gaps from feed',
    );
    assert.equal(rows[0]?.gaps, '0');
    await until('nothing left to do', async () => (await openSteps(id)).length === 0);
  });
});
