/**
 * RabbitMQ: attach to `AMQP_URL`, else run a private node from the `rabbitmq-server` on the PATH if it is new enough, else one
 * from Debian's packages. A private node shares nothing with a RabbitMQ of the system: own data, ports, cookie and epmd.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { below } from '../../domain/addresses.ts';
import { readConfig } from '../../adapters/config.ts';
import { packagesUnfit } from './debian-programs.ts';
import { reasonOf } from './error.ts';
import { PartUnavailable, type Plan, planLine, type StartSurroundings, type Surroundings } from './part.ts';
import { type RabbitAddress, startNode } from './rabbitmq-node.ts';
import { handshake } from './rabbitmq-probes.ts';
import { downloadSize, fetchPackages, type RabbitPrograms, unpackedPackages } from './rabbitmq-packages.ts';
import { onPath } from './search-path.ts';
import { isOlder } from './versions.ts';

/** The first one whose queues behave as those of RabbitMQ 4. */
const oldestServer = '3.13';

/** Says how RabbitMQ would be had. */
export async function planRabbit(surroundings: Surroundings): Promise<Plan> {
  const { environment, cache } = surroundings;
  const { AMQP_URL: url } = readConfig(['AMQP_URL'], environment);
  if (url !== undefined)
    return { part: 'rabbitmq', way: 'attach', why: `AMQP_URL names ${new URL(url).host}` };
  const found = foundServer(environment.PATH);
  if (typeof found === 'object') {
    return { part: 'rabbitmq', way: 'found', why: `a private node of ${found.server} (${found.version})` };
  }
  const unpacked = unpackedPackages(surroundings);
  if (unpacked !== undefined) {
    const why = `${found}; RabbitMQ ${unpacked.version} unpacked in ${cache}`;
    return { part: 'rabbitmq', way: 'embedded', why };
  }
  const unfit = packagesUnfit(environment.PATH);
  return unfit === undefined
    ? {
        part: 'rabbitmq',
        way: 'embedded',
        why: `${found}; Debian’s packages`,
        then: `downloads them at the first start (${downloadSize})`,
      }
    : { part: 'rabbitmq', way: 'none', error: unavailable([found, unfit]) };
}

/** Attaches, or starts a private node and its epmd. */
export async function startRabbit(surroundings: StartSurroundings): Promise<RabbitAddress> {
  const { environment, say } = surroundings;
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
      ...(managementUrl === undefined ? {} : { managementUrl, uiUrl: userInterfaceOf(managementUrl) }),
      port: Number(new URL(url).port || 5672),
    };
  }
  const found = foundServer(environment.PATH);
  if (typeof found === 'object') return startNode(surroundings, found);
  let programs: RabbitPrograms;
  try {
    programs = await fetchPackages(surroundings);
  } catch (error) {
    throw unavailable([found, `Debian’s packages could not be fetched: ${reasonOf(error)}`]);
  }
  return startNode(surroundings, programs);
}

/** The server on the PATH, past Debian's wrapper, which insists on the system's own node; otherwise why there is none. */
export function foundServer(path: string | undefined): RabbitPrograms | string {
  const server = onPath('rabbitmq-server', path);
  if (server === undefined) return '`rabbitmq-server` is not on the PATH';
  let real = realpathSync(server);
  const debian = '/usr/lib/rabbitmq/lib';
  if (real.endsWith('rabbitmq-script-wrapper') && existsSync(debian)) {
    const folder = readdirSync(debian).find((entry) => entry.startsWith('rabbitmq_server-')) ?? '';
    real = join(debian, folder, 'sbin', 'rabbitmq-server');
  }
  const version = versionOf(real);
  if (version === undefined || isOlder(version, oldestServer))
    return `${server} is RabbitMQ ${version ?? 'of an unknown version'}, and ${oldestServer} or newer is needed`;
  const epmd = onPath('epmd', `${path}:${dirname(real)}`);
  if (epmd === undefined) return `${server} is there, but Erlang’s \`epmd\` is not on the PATH`;
  return { server: real, epmd, environment: { PATH: path ?? '' }, version };
}

/** The version by the name of the server's own plugin, which every installation has beside its programs. */
function versionOf(server: string): string | undefined {
  const plugins = join(dirname(dirname(server)), 'plugins');
  if (!existsSync(plugins)) return undefined;
  return readdirSync(plugins)
    .map((entry) => /^rabbit-(\d+\.\d+\.\d+)/.exec(entry)?.[1])
    .find((version) => version !== undefined);
}

/** The page of a management API: its address without login, and without the `/api` that may be told, too. */
function userInterfaceOf(managementUrl: string): string {
  const page = below(managementUrl.replace(/\/api\/?$/, ''), '/');
  page.username = page.password = '';
  return page.href;
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
