/** The systems that are measured, all over the servers of one stack: ours, and the floor that each is compared with. */
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle, needsOf } from '../../domain/styles.ts';
import type { Stack } from '../platform/stack.ts';
import { floorDatabase, floorProcesses, type Floors } from './floors.ts';
import { floorOf, ourProcesses, type FloorName, type SystemName } from './figures.ts';
import type { System } from './target.ts';

/** Ours by the floor that they are compared with, and the floor after them. */
export const groups: readonly (readonly SystemName[])[] = [...new Set(styles.map(floorOf))].map((floor) => [
  ...styles.filter((style) => floorOf(style) === floor),
  ...(floor === undefined ? [] : [floor]),
]);

const servers = ['postgres', 'rabbitmq', 'kafka', 'temporal'] as const;

/** How ours, and the floor of the chain, record that a signup was notified. */
const notifiedAccounts =
  'select signup_id as id from accounts.accounts where signup_id = any($1::uuid[]) and notified_at is not null';

/** Where ours are, how they record that a signup was notified, and whose CPU time counts. */
export function ownSystems(stack: Stack): Record<Style, System> {
  const { databaseAdmin } = stack.addresses;
  return forEachStyle((style) => ({
    name: style,
    url: stack.urls.api,
    extra: { style },
    record: { databaseUrl: databaseAdmin, sql: notifiedAccounts },
    database: new URL(databaseAdmin).pathname.slice(1),
    processes: [...ourProcesses, ...servers.filter((server) => needsOf(style).includes(server))],
  }));
}

/** The same of ours and of the floors. */
export function systemsOf(stack: Stack, floors: Floors): Record<SystemName, System> {
  const floor = (name: FloorName, url: string, sql: string, ...uses: string[]): System => ({
    name,
    url,
    extra: {},
    record: { databaseUrl: floors.databaseUrl, sql },
    database: floorDatabase,
    processes: [...floorProcesses.map((each) => `${name}-${each}`), ...uses],
  });
  const { chain, workflow } = floors;
  const notifiedIds = 'select id from notified where id = any($1::uuid[])';
  return {
    ...ownSystems(stack),
    'floor-chain': floor('floor-chain', chain.api.url, notifiedAccounts, 'postgres', 'rabbitmq'),
    'floor-workflow': floor('floor-workflow', workflow.api.url, notifiedIds, 'temporal'),
  };
}

/** The pids of our processes and of the servers. */
export function ownPids(stack: Stack): Record<string, number | undefined> {
  return Object.fromEntries([...ourProcesses, ...servers].map((name) => [name, stack.pidOf(name)]));
}

/** The pid of everything that uses the machine during a window, this process, which makes the load, included. */
export function pidsOf(stack: Stack, floors: Floors): Record<string, number | undefined> {
  return Object.fromEntries([
    ...Object.entries(ownPids(stack)),
    ['mailbox', stack.pidOf('mailbox')],
    ...floorProcesses.flatMap((name) => [
      [`floor-chain-${name}`, floors.chain[name].pid],
      [`floor-workflow-${name}`, floors.workflow[name].pid],
    ]),
    ['load', process.pid],
  ]);
}
