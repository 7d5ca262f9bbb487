/**
 * A private RabbitMQ node: its own data, users, cookie, ports and epmd in the state folder, so that it shares nothing with a
 * RabbitMQ of the system. The same for a server found on the PATH and for unpacked packages.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { StartSurroundings } from './part.ts';
import { accepts, ports } from './ports.ts';
import type { RabbitPrograms } from './rabbitmq-packages.ts';
import { handshake, keepsMessages } from './rabbitmq-probes.ts';
import { brokerAddress, brokerAdmin } from './running.ts';

/** The administrator's address, its management API where known, and for a node of ours its UI. */
export type RabbitAddress = { url: string; managementUrl?: string; uiUrl?: string; port: number };

/** Starts epmd and the node and resolves once the node takes connections. */
export async function startNode(
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

  const write = (file: string, text: string, mode = 0o600) => writeFileSync(inFolder(file), text, { mode });
  write('rabbitmq-env.conf', '');
  write('enabled_plugins', '[rabbitmq_management,rabbitmq_prometheus,rabbitmq_stream].\n');
  if (!existsSync(inFolder('.erlang.cookie')))
    write('.erlang.cookie', randomBytes(20).toString('hex'), 0o400);
  // A name of its own per state folder: a node that is still ending, left over from a stack that was killed, may enter itself
  // at the epmd of the next one, and two of one name do not start.
  const name = inFolder('node-name');
  if (!existsSync(name)) write('node-name', `duet-${randomBytes(4).toString('hex')}@localhost`);
  write(
    'rabbitmq.conf',
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${management}`,
      'prometheus.tcp.ip = 127.0.0.1',
      `prometheus.tcp.port = ${prometheus}`,
      `stream.listeners.tcp.1 = 127.0.0.1:${stream}`,
      // The administrator replaces `guest`; both take effect when the node makes its database.
      `default_user = ${brokerAdmin}`,
      `default_pass = ${secrets.rabbitmqPassword}`,
      'loopback_users = none',
      // Room on a laptop's disk is the user's business; below this the node would block publishers.
      'disk_free_limit.absolute = 200MB',
      'log.console = true',
      'log.console.level = info',
      'log.file = false',
      '',
    ].join('\n'),
  );
  const environment = {
    ...programs.environment,
    HOME: folder,
    LANG: 'C.UTF-8',
    RABBITMQ_NODENAME: readFileSync(name, 'utf8'),
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
  const { url, managementUrl } = brokerAddress(secrets, port, management);
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
    // A full disk stops the writer of its log for good: it answers, and no queue has a leader.
    alive: () => keepsMessages(url),
    output: 'file',
    // The administrator is made at the very first start only: one killed in the middle of it must begin again.
    beforeStart: async () => {
      if (!existsSync(inFolder('seeded'))) rmSync(inFolder('data'), { recursive: true, force: true });
    },
  });
  write('seeded', '');
  return { url, managementUrl, uiUrl: `http://127.0.0.1:${management}/`, port };
}
