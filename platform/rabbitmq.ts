/**
 * RabbitMQ: attach to `AMQP_URL`, else run a private node from the `rabbitmq-server` on the PATH, else one from the packages of
 * Debian or Ubuntu. A private node shares nothing with a RabbitMQ of the system: own data, ports, cookie and epmd.
 */
import amqplib from 'amqplib';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { readConfig } from '../config.ts';
import {
  PartUnavailable,
  type Plan,
  PlatformError,
  planLine,
  reasonOf,
  type StartSurroundings,
  type Surroundings,
} from './part.ts';
import { ports } from './ports.ts';
import {
  distribution,
  fetchPackages,
  onPath,
  type RabbitPrograms,
  unpackedPackages,
} from './rabbitmq-packages.ts';

/** The administrator's address, its management API where known, and for a node of ours its UI. */
export type RabbitAddress = { url: string; managementUrl?: string; uiUrl?: string; port: number };

const admin = 'duet';

/** Says how RabbitMQ would be had. */
export async function planRabbit({ environment, cache }: Surroundings): Promise<Plan> {
  const { AMQP_URL: url } = readConfig(['AMQP_URL'], environment);
  if (url !== undefined)
    return { part: 'rabbitmq', way: 'attach', why: `AMQP_URL names ${new URL(url).host}` };
  const found = foundServer(environment.PATH);
  if (typeof found === 'object') {
    return { part: 'rabbitmq', way: 'found', why: `a private node of ${found.server}` };
  }
  const system = distribution(environment.PATH);
  if ('name' in system) {
    const unpacked = unpackedPackages(cache, system.name);
    return unpacked === undefined
      ? {
          part: 'rabbitmq',
          way: 'embedded',
          why: `${found}; the packages of this distribution`,
          then: 'downloads them at the first start (35 MB)',
        }
      : {
          part: 'rabbitmq',
          way: 'embedded',
          why: `${found}; RabbitMQ ${unpacked.version} unpacked in ${cache}`,
        };
  }
  return { part: 'rabbitmq', way: 'none', error: unavailable([found, system.unfit]) };
}

/** Attaches, or starts a private node and its epmd. */
export async function startRabbit(surroundings: StartSurroundings): Promise<RabbitAddress> {
  const { environment, cache, say } = surroundings;
  const plan = await planRabbit(surroundings);
  if (plan.way === 'none') throw plan.error;
  say(planLine(plan));
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = readConfig(
    ['AMQP_URL', 'AMQP_MANAGEMENT_URL'],
    environment,
  );
  if (url !== undefined) {
    await handshake(url);
    return {
      url,
      ...(managementUrl === undefined
        ? {}
        : { managementUrl, uiUrl: new URL('/', managementUrl).href.replace(/\/\/[^@/]*@/, '//') }),
      port: Number(new URL(url).port || 5672),
    };
  }
  const found = foundServer(environment.PATH);
  if (typeof found === 'object') return startNode(surroundings, found);
  const system = distribution(environment.PATH);
  if (!('name' in system)) throw unavailable([found, system.unfit]);
  let programs: RabbitPrograms;
  try {
    programs = await fetchPackages(cache, system.name, say);
  } catch (error) {
    throw unavailable([found, `the packages of this distribution could not be fetched: ${reasonOf(error)}`]);
  }
  return startNode(surroundings, programs);
}

async function startNode(
  { home, secrets, port: reserve, run }: StartSurroundings,
  programs: RabbitPrograms,
): Promise<RabbitAddress> {
  const folder = join(home, 'rabbitmq');
  const inFolder = (name: string) => join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const port = await reserve(ports.rabbitmq);
  const management = await reserve(ports.rabbitmqManagement);
  const prometheus = await reserve(ports.rabbitmqPrometheus);
  const stream = await reserve(ports.rabbitmqStream);
  const distributionPort = await reserve(ports.rabbitmqDistribution);
  const epmd = await reserve(ports.rabbitmqEpmd);

  writeFileSync(inFolder('rabbitmq-env.conf'), '');
  writeFileSync(inFolder('enabled_plugins'), '[rabbitmq_management,rabbitmq_prometheus,rabbitmq_stream].\n');
  const cookie = inFolder('.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, randomBytes(20).toString('hex'), { mode: 0o400 });
  writeFileSync(
    inFolder('rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${management}`,
      'prometheus.tcp.ip = 127.0.0.1',
      `prometheus.tcp.port = ${prometheus}`,
      `stream.listeners.tcp.1 = 127.0.0.1:${stream}`,
      // The administrator replaces `guest`; both take effect when the node makes its database.
      `default_user = ${admin}`,
      `default_pass = ${secrets.rabbitmqPassword}`,
      'loopback_users = none',
      // Room on a laptop's disk is the user's business; below this the node would block publishers.
      'disk_free_limit.absolute = 200MB',
      'log.console = true',
      'log.console.level = info',
      'log.file = false',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  const environment = {
    ...programs.environment,
    HOME: folder,
    LANG: 'C.UTF-8',
    RABBITMQ_NODENAME: 'duet@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: inFolder('rabbitmq-env.conf'),
    RABBITMQ_MNESIA_BASE: inFolder('data'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: inFolder('generated'),
    // Makes the start script become the virtual machine, so that the pid we know is the pid that counts.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // Two schedulers that sleep when idle: the node is one of several neighbours on one machine.
    RABBITMQ_SERVER_START_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none',
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
  };
  await run({
    name: 'rabbitmq-epmd',
    command: programs.epmd,
    arguments: ['-port', String(epmd), '-address', '127.0.0.1'],
    environment,
    folder,
    ports: { port: epmd },
    stopSignal: 'SIGTERM',
    probe: () => accepts(epmd),
    readyWithinMs: 10_000,
    output: 'file',
  });
  const url = `amqp://${admin}:${secrets.rabbitmqPassword}@127.0.0.1:${port}`;
  const managementUrl = `http://${admin}:${secrets.rabbitmqPassword}@127.0.0.1:${management}`;
  await run({
    name: 'rabbitmq',
    command: programs.server,
    arguments: [],
    environment,
    folder,
    ports: { port, managementPort: management, prometheusPort: prometheus, streamPort: stream },
    stopSignal: 'SIGTERM',
    probe: async () => {
      await handshake(url);
      await accepts(management);
    },
    readyWithinMs: 90_000,
    output: 'file',
    // The administrator is made at the very first start only: one killed in the middle of it must begin again.
    beforeStart: async () => {
      if (!existsSync(inFolder('seeded'))) rmSync(inFolder('data'), { recursive: true, force: true });
    },
  });
  writeFileSync(inFolder('seeded'), '');
  return { url, managementUrl, uiUrl: `http://127.0.0.1:${management}/`, port };
}

/** The server on the PATH, past Debian's wrapper, which insists on the system's own node; otherwise why there is none. */
function foundServer(path: string | undefined): RabbitPrograms | string {
  const server = onPath('rabbitmq-server', path);
  if (server === undefined) return '`rabbitmq-server` is not on the PATH';
  let real = realpathSync(server);
  const debian = '/usr/lib/rabbitmq/lib';
  if (real.endsWith('rabbitmq-script-wrapper') && existsSync(debian)) {
    const version = readdirSync(debian).find((entry) => entry.startsWith('rabbitmq_server-')) ?? '';
    real = join(debian, version, 'sbin', 'rabbitmq-server');
  }
  const epmd = onPath('epmd', `${path}:${dirname(real)}`);
  if (epmd === undefined) return `${server} is there, but Erlang’s \`epmd\` is not on the PATH`;
  return { server: real, epmd, environment: { PATH: path ?? '' }, version: '' };
}

function unavailable(tried: readonly string[]): PartUnavailable {
  const install: Partial<Record<NodeJS.Platform, string>> = {
    darwin: '`brew install rabbitmq`, then start again',
    win32: 'install RabbitMQ (https://www.rabbitmq.com/docs/install-windows), then set AMQP_URL',
  };
  return new PartUnavailable(
    'rabbitmq',
    ['AMQP_URL is not set', ...tried],
    [
      '`docker compose up -d rabbitmq`, then `AMQP_URL=amqp://duet:duet@127.0.0.1:5672 AMQP_MANAGEMENT_URL=http://duet:duet@127.0.0.1:15672 npm start`',
      install[process.platform] ??
        'install the package `rabbitmq-server` of your distribution, so that it is on the PATH, then start again',
    ],
  );
}

/** A whole AMQP handshake: a port that accepts is not yet a broker that works. */
async function handshake(url: string): Promise<void> {
  try {
    const connection = await amqplib.connect(url, { timeout: 5_000 });
    await connection.close();
  } catch (error) {
    throw new PlatformError(`RabbitMQ at ${new URL(url).host} does not answer: ${reasonOf(error)}`);
  }
}

function accepts(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`port ${port} does not answer`)));
  });
}
