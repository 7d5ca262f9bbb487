/** Where a running stack is, for those who did not start it: read from its state folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The address of the API of the stack over this folder; undefined where none runs. */
export function runningApi(home: string): string | undefined {
  const port = runningProcesses(home)?.['api']?.port;
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
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

function secretsOf(home: string): Secrets {
  return JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')) as Secrets;
}

function runningProcesses(home: string): Record<string, StackEntry> | undefined {
  const file = join(home, 'stack.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { processes: Record<string, StackEntry> }).processes;
}
