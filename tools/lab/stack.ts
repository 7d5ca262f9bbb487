/**
 * The lab's own stack: on free ports, in a folder of its own, with a proxy before each part, and with processes that look into the
 * lab's folder for what is to break. It never attaches to anything.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { variables } from '../../adapters/config.ts';
import {
  type Addresses,
  type OurProcess,
  startStack,
  type Stack,
  type StackOptions,
} from '../platform/stack.ts';
import { layOut, setConditions, type Conditions } from './armed.ts';
import { hostOf, startKafkaProxy, startProxy, throughProxy, type Proxy } from './proxy.ts';

/** What stands between our processes and each part. */
export const links = ['postgres', 'rabbitmq', 'kafka', 'temporal', 'smtp', 'sms'] as const;
export type Link = (typeof links)[number];

export type LabStack = {
  stack: Stack;
  /** Where processes look for what is to break. */
  folder: string;
  proxies: Record<Link, Proxy>;
  /** What our processes were started with. */
  readonly conditions: Conditions;
  /** Starts our processes anew, under these conditions from now on: a deploy. */
  deploy(conditions: Conditions): Promise<void>;
  stop(): Promise<void>;
};

/** Those that have something of the lab in them. */
const injected = ['api', 'accounts', 'notifications'] as const satisfies readonly OurProcess[];

const kept = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'XDG_CACHE_HOME',
  'TEMPORAL_DOWNLOAD_URL',
  'MAVEN_URL',
  'JAVA_HOME',
]);

/**
 * Starts it. `retry` is another retry policy than that of the product, the same for every style; `within` is where its folder is made, if
 * not where all that is temporary is.
 */
export async function startLabStack(
  options: Pick<StackOptions, 'log' | 'signals'> & { retry?: Record<string, string>; within?: string },
): Promise<LabStack> {
  const { log = () => {}, signals, retry = {}, within = tmpdir() } = options;
  const home = await mkdtemp(join(within, 'duet-lab-'));
  const folder = join(home, 'lab');
  layOut(folder);
  const ignored = Object.keys(variables).filter((name) => !kept.has(name) && process.env[name] !== undefined);
  if (ignored.length > 0) log(`Ignored, as the lab breaks nothing but its own stack: ${ignored.join(', ')}`);
  const environment = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !(name in variables) || kept.has(name)),
    ),
    ...retry,
    PORT: '0',
    LOG_LEVEL: 'warn',
  };
  let proxies: Record<Link, Proxy> | undefined;
  const stack = await startStack({
    home: join(home, 'state'),
    environment,
    log,
    ...(signals === undefined ? {} : { signals }),
    processEnvironment: {
      ...injectionFrom(folder),
    },
    longestRestartMs: 1000,
    async reroute(addresses) {
      proxies = await proxiesBefore(addresses);
      return through(addresses, proxies);
    },
  });
  let conditions: Conditions = {};
  return {
    stack,
    folder,
    proxies: proxies!,
    get conditions() {
      return conditions;
    },
    async deploy(next) {
      conditions = next;
      setConditions(folder, conditions);
      await Promise.all(injected.map((name) => stack.kill(name)));
      await Promise.all(injected.map((name) => stack.untilReady(name)));
    },
    async stop() {
      await stack.stop();
      await Promise.all(Object.values(proxies!).map((proxy) => proxy.close()));
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What our processes are told so that they look into that folder for what is to break. */
export const injectionFrom = (folder: string): Record<string, string> => ({
  INJECTION_MODULE: fileURLToPath(new URL('injection.ts', import.meta.url)),
  LAB_FOLDER: folder,
});

/** A proxy before each part. */
export async function proxiesBefore(addresses: Addresses): Promise<Record<Link, Proxy>> {
  const targets: Record<Link, string> = {
    postgres: hostOf(addresses.database.accounts),
    rabbitmq: hostOf(addresses.amqp.accounts),
    // Nobody comes to the proxy of a Kafka that is not here.
    kafka: addresses.kafka ?? '',
    temporal: addresses.temporal,
    smtp: hostOf(addresses.smtp),
    sms: hostOf(addresses.sms),
  };
  const started = links.map(async (link) => {
    const start = link === 'kafka' ? startKafkaProxy : startProxy;
    return [link, await start(() => targets[link])] as const;
  });
  return Object.fromEntries(await Promise.all(started)) as Record<Link, Proxy>;
}

/** The addresses by way of the proxies. */
export function through(addresses: Addresses, proxies: Record<Link, Proxy>): Addresses {
  const rerouted = <Name extends string>(urls: Record<Name, string>, link: Link) =>
    Object.fromEntries(
      Object.entries<string>(urls).map(([name, url]) => [name, throughProxy(url, proxies[link])]),
    ) as Record<Name, string>;
  return {
    ...addresses,
    database: rerouted(addresses.database, 'postgres'),
    amqp: rerouted(addresses.amqp, 'rabbitmq'),
    ...(addresses.kafka !== undefined && { kafka: `127.0.0.1:${proxies.kafka.port}` }),
    temporal: `127.0.0.1:${proxies.temporal.port}`,
    smtp: throughProxy(addresses.smtp, proxies.smtp),
    sms: throughProxy(addresses.sms, proxies.sms),
  };
}
