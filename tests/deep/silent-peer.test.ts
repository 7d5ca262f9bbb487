/**
 * A peer that falls silent without closing anything (a firewall that forgot the connection, a frozen machine): each kind of
 * connection notices by itself, and what is asked of it is answered again once there is a way.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openMail } from '../../adapters/mail.ts';
import {
  DatabaseUnavailable,
  inTransaction,
  openDatabase,
  statement,
  untilAnswers,
} from '../../adapters/postgres.ts';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { openPublisher } from '../../messaging/transports/rabbitmq-queue/publisher.ts';
import { openClient, temporalAddress } from '../../coordinators/workflow/connection.ts';
import { startTemporalWorker } from '../../coordinators/workflow/worker.ts';
import { hostOf, startProxy, throughProxy, type Proxy } from '../../tools/lab/proxy.ts';
import { temporalClient } from '../inside.ts';
import { itSideBySide } from '../side-by-side.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { aboutSignup } from '../wire.ts';
import { quietRuntime } from '../time/test-server.ts';

/** 10 s to notice, and as much again for a busy machine. */
const noticedWithinMs = 20_000;

type Connected = { use: () => Promise<unknown>; close: () => Promise<unknown> };

const echoPath = fileURLToPath(new URL('../workflow/fixtures/echo.ts', import.meta.url));
const logger = new DefaultLogger('ERROR');
let echoBundle: Awaited<ReturnType<typeof bundleWorkflowCode>>;

const select = statement('silent-peer', 'select 1');

const temporalThrough = ({ port }: Proxy) => ({
  ...temporalAddress(theStack().environmentOf('accounts')),
  address: `127.0.0.1:${port}`,
});

type Kind = {
  name: string;
  target: () => string;
  open: (proxy: Proxy) => Promise<Connected>;
  withinMs?: number;
};

const kinds: Kind[] = [
  {
    name: 'Postgres',
    target: () => theStack().addresses.database.accounts,
    async open(proxy) {
      const database = openDatabase(throughProxy(theStack().addresses.database.accounts, proxy));
      return { use: () => select(database), close: () => database.end() };
    },
  },
  {
    name: 'RabbitMQ',
    target: () => theStack().addresses.amqp.accounts,
    async open(proxy) {
      const url = throughProxy(theStack().addresses.amqp.accounts, proxy);
      const publisher = await openPublisher({ url, service: 'accounts', onProblem: () => {} });
      const data = { email: 'sent', sms: 'sent' } as const;
      const use = () => publisher.publish([aboutSignup(randomUUID(), { type: 'account.notified', data })]);
      return { use, close: () => publisher.close() };
    },
  },
  {
    name: 'Temporal',
    target: () => `tcp://${theStack().addresses.temporal}`,
    async open(proxy) {
      const { connection } = openClient(temporalThrough(proxy));
      return {
        use: () => connection.workflowService.getSystemInfo({}),
        close: () => connection.close(),
      };
    },
  },
  {
    name: 'the mail server',
    target: () => theStack().addresses.smtp,
    async open(proxy) {
      const SMTP_URL = throughProxy(theStack().addresses.smtp, proxy);
      const mail = openMail({ SMTP_URL, MAIL_FROM: 'Duet <duet@duet.example>' });
      const use = () =>
        mail.send({ id: randomUUID(), to: 'silence@example.com', subject: 'silence', text: 'none' });
      return { use, close: async () => mail.close() };
    },
  },
  {
    name: 'Temporal, that of a worker',
    target: () => `tcp://${theStack().addresses.temporal}`,
    async open(proxy) {
      const taskQueue = randomUUID();
      const worker = startTemporalWorker(
        temporalThrough(proxy),
        { taskQueue, workflowBundle: echoBundle },
        pino({ level: 'silent' }),
      );
      const echo = { taskQueue, workflowTaskTimeout: '1 second' as const, args: ['echo'] };
      return {
        use: () => temporalClient().workflow.execute('echo', { ...echo, workflowId: randomUUID() }),
        close: () => worker.stop(),
      };
    },
    // What the old worker had asked for before it was replaced is given to it and comes again.
    withinMs: 30_000,
  },
];

/** Uses a connection until it answers; fails where nothing comes of it within so long. */
async function untilOfUse({ use }: Connected, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const used = use().then(
      () => true,
      () => false,
    );
    const isUsed = await Promise.race([used, delay(deadline - Date.now(), 'silence', { ref: false })]);
    assert.notEqual(isUsed, 'silence', `nothing was noticed within ${withinMs} ms`);
    if (isUsed === true) return;
    await delay(50);
  }
}

describe('A peer that falls silent', function () {
  this.timeout(180_000);
  before(async () => {
    quietRuntime();
    // At first: it keeps this process busy, in which the peers are to fall silent.
    echoBundle = await bundleWorkflowCode({ workflowsPath: echoPath, logger });
  });
  const it = itSideBySide();

  for (const { name, target, open, withinMs = noticedWithinMs } of kinds) {
    it(`is noticed by the connection to ${name}, which then finds another way`, async () => {
      const proxy = await startProxy(() => hostOf(target()));
      const connected = await open(proxy);
      try {
        await until('the connection to be of use', async () => (await connected.use(), true));
        proxy.swallow();
        proxy.heal(); // for new connections, not for those there are
        await untilOfUse(connected, withinMs);
      } finally {
        await connected.close();
        await proxy.close();
      }
    });

    it(`is noticed by the connection to ${name} where it takes new connections, too, and says nothing`, async () => {
      const proxy = await startProxy(() => hostOf(target()));
      const connected = await open(proxy);
      try {
        await until('the connection to be of use', async () => (await connected.use(), true));
        const before = proxy.taken();
        proxy.swallow();
        let using: Promise<unknown> | undefined;
        await until(
          'another connection to be tried',
          () => {
            using ??= connected.use().catch(() => (using = undefined));
            return proxy.taken() > before;
          },
          { withinMs },
        );
        proxy.heal();
        await untilOfUse(connected, withinMs);
        await using;
      } finally {
        await connected.close();
        await proxy.close();
      }
    });
  }

  it('costs the time to notice once, not once for each connection to Postgres that is idle', async () => {
    const url = theStack().addresses.database.accounts;
    const proxy = await startProxy(() => hostOf(url));
    const database = openDatabase(throughProxy(url, proxy), { connections: 6 });
    const { signal } = new AbortController();
    try {
      await Promise.all([1, 2, 3, 4, 5].map(() => database.query('select pg_sleep(0.2)')));
      assert.equal(database.idleCount, 5);
      proxy.swallow();
      proxy.heal();
      const answers = untilAnswers(database, signal).then(() => 'answers');
      const end = await Promise.race([answers, delay(noticedWithinMs, 'silence', { ref: false })]);
      assert.equal(end, 'answers');
    } finally {
      await database.end();
      await proxy.close();
    }
  });

  it('in the middle of a transaction fails it as what it is: the database is not available', async () => {
    const url = theStack().addresses.database.accounts;
    const proxy = await startProxy(() => hostOf(url));
    const database = openDatabase(throughProxy(url, proxy));
    try {
      await assert.rejects(
        inTransaction(database, async (transaction) => {
          await select(transaction);
          proxy.swallow();
          await select(transaction);
        }),
        DatabaseUnavailable,
      );
    } finally {
      await database.end();
      await proxy.close();
    }
  });

  it('is noticed by the database server, too: it gives up a client that answers nothing', async () => {
    const database = openDatabase(theStack().addresses.database.accounts);
    try {
      const { rows } = await database.query('show tcp_user_timeout');
      assert.deepEqual(rows, [{ tcp_user_timeout: '10000' }]);
    } finally {
      await database.end();
    }
  });
});

describe('The connection to the broker', () => {
  it('does not wait to fill a packet: Nagle’s algorithm is off', async () => {
    const { setNoDelay } = Socket.prototype;
    const set: { port: number | undefined; to: boolean | undefined }[] = [];
    Socket.prototype.setNoDelay = function (this: Socket, to?: boolean) {
      set.push({ port: this.remotePort, to });
      return setNoDelay.call(this, to);
    };
    const url = theStack().addresses.amqp.accounts;
    try {
      const publisher = await openPublisher({ url, service: 'accounts', onProblem: () => {} });
      await until('the broker to be connected', () => publisher.current() !== undefined);
      await publisher.close();
    } finally {
      Socket.prototype.setNoDelay = setNoDelay;
    }
    const ours = set.filter(({ port }) => String(port) === new URL(url).port);
    assert.deepEqual([...new Set(ours.map(({ to }) => to))], [true]);
  });
});
