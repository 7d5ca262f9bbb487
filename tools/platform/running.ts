/** Where a running stack is, for those who did not start it: read from its state folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf } from './lock.mjs';
import { processExists } from './processes.ts';
import type { Secrets, StackEntry } from './state.ts';

/** The administrator of a RabbitMQ node of ours. */
export const brokerAdmin = 'duet';

/** The administrator's addresses of such a node. */
export function brokerAddress({ rabbitmqPassword }: Secrets, port: number, managementPort: number) {
  const login = `${brokerAdmin}:${rabbitmqPassword}@127.0.0.1`;
  return { url: `amqp://${login}:${port}`, managementUrl: `http://${login}:${managementPort}` };
}

/** The database in a Postgres of ours. */
export const databaseName = 'duet';

/** The administrator's address of a database there. */
export function databaseAddress({ postgresPassword }: Secrets, port: number, name = databaseName): string {
  return `postgres://postgres:${postgresPassword}@127.0.0.1:${port}/${name}`;
}

/** Says that no stack runs over this folder, or that it is being started, and how another is named; `what` narrows what is looked for, `elsewhere` adds a way. */
export function noneRuns(
  home: string,
  { what = 'stack', elsewhere }: { what?: string; elsewhere?: string } = {},
): string {
  const others = ['DUET_HOME names the folder of another', ...(elsewhere === undefined ? [] : [elsewhere])];
  // The first start takes minutes before it notes where anything is.
  const starting = runningApi(home) === undefined ? holderOf(join(home, 'lock')) : undefined;
  if (starting !== undefined) {
    const first = 'repeat this once it says where it is';
    return `A stack is being started over \`${home}\` (process ${starting}). ${[first, ...others].join('; ')}.`;
  }
  const ways = ['`npm start` starts one', ...others];
  return `No ${what} runs over \`${home}\`. ${ways.join('; ')}.`;
}

/** Whether a stack is there over this folder, also one that still starts. */
export const isStackThere = (home: string): boolean => runningProcesses(home) !== undefined;

/** Where the Kafka of the stack over this folder is; undefined where it has none of its own. */
export function runningKafka(home: string): { brokers: string[] } | undefined {
  const { pid, port } = runningProcesses(home)?.['kafka'] ?? {};
  // As of the database: one that is attached to may be on another machine.
  return pid === undefined || port === undefined ? undefined : { brokers: [`127.0.0.1:${port}`] };
}

/** The address of the API of the stack over this folder; undefined where none runs. */
export function runningApi(home: string): string | undefined {
  const { port, url } = runningProcesses(home)?.['api'] ?? {};
  if (port === undefined) return undefined;
  return typeof url === 'string' ? url : `http://127.0.0.1:${port}`;
}

/** The administrator's addresses of the broker that the stack over this folder has started; undefined where there is none. */
export function runningBroker(home: string): ReturnType<typeof brokerAddress> | undefined {
  const { port, managementPort } = runningProcesses(home)?.['rabbitmq'] ?? {};
  if (port === undefined || typeof managementPort !== 'number') return undefined;
  return brokerAddress(secretsOf(home), port, managementPort);
}

/** The administrator's address of the Postgres that the stack over this folder has started; undefined where there is none. */
export function runningDatabase(home: string): string | undefined {
  const { pid, port } = runningProcesses(home)?.['postgres'] ?? {};
  // One that is attached to has a port and no process of ours.
  return pid === undefined || port === undefined ? undefined : databaseAddress(secretsOf(home), port);
}

/** Where the stack over this folder is, by the variables that the documentation uses; what it attached to is not told. */
export function runningAddresses(home: string): Record<string, string> | undefined {
  const api = runningApi(home);
  if (api === undefined) return undefined;
  const { mailbox, kafka, temporal } = runningProcesses(home) ?? {};
  const ours = (entry: StackEntry | undefined) => (entry?.pid === undefined ? undefined : entry.port);
  const local = (scheme: string, port: number | undefined) =>
    port === undefined ? undefined : `${scheme}127.0.0.1:${port}`;
  const addresses = {
    DUET_URL: api,
    DUET_MAILBOX_URL: local('http://', ours(mailbox)),
    DUET_DATABASE_URL: runningDatabase(home),
    DUET_RABBITMQ_URL: runningBroker(home)?.managementUrl,
    DUET_KAFKA_BROKERS: local('', ours(kafka)),
    TEMPORAL_ADDRESS: local('', ours(temporal)),
    // Beside it, so that `shieldFromShell` can tell it from a wish to attach.
    DUET_TEMPORAL_ADDRESS: local('', ours(temporal)),
  };
  return Object.fromEntries(
    Object.entries(addresses).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function secretsOf(home: string): Secrets {
  return JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')) as Secrets;
}

function runningProcesses(home: string): Record<string, StackEntry> | undefined {
  const file = join(home, 'stack.json');
  if (!existsSync(file)) return undefined;
  const { processes } = JSON.parse(readFileSync(file, 'utf8')) as { processes: Record<string, StackEntry> };
  const { pid } = processes['supervisor'] ?? {};
  // A stack that was killed leaves its file behind.
  return pid !== undefined && processExists(pid) ? processes : undefined;
}
