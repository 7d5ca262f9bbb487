/** The four systems that are measured, all over the servers of one stack: ours, and the floor that each is compared with. */
import type { Style } from '../../domain/signup.ts';
import type { Stack } from '../platform/stack.ts';
import { floorDatabase, type Floors } from './floors.ts';
import { ourProcesses, type SystemName } from './figures.ts';
import type { System } from './target.ts';

/** Each of ours and its floor. */
export const pairs = [
  { ours: 'choreography', floor: 'floor-chain' },
  { ours: 'orchestration', floor: 'floor-workflow' },
] as const;

const floorProcesses = ['api', 'accounts', 'notifications'] as const;
const servers = ['postgres', 'rabbitmq', 'temporal'] as const;

/** Where ours are, how they record that a signup was notified, and whose CPU time counts. */
export function ownSystems(stack: Stack): Record<Style, System> {
  const { databaseAdmin } = stack.addresses;
  const ours = {
    url: stack.urls.api,
    record: {
      databaseUrl: databaseAdmin,
      sql: 'select signup_id as id from accounts.accounts where signup_id = any($1::uuid[]) and notified_at is not null',
    },
    database: new URL(databaseAdmin).pathname.slice(1),
  };
  return {
    choreography: {
      name: 'choreography',
      ...ours,
      extra: { style: 'choreography' },
      processes: [...ourProcesses, 'postgres', 'rabbitmq'],
    },
    orchestration: {
      name: 'orchestration',
      ...ours,
      extra: { style: 'orchestration' },
      processes: [...ourProcesses, 'postgres', 'rabbitmq', 'temporal'],
    },
  };
}

/** The same of ours and of the floors. */
export function systemsOf(stack: Stack, floors: Floors): Record<SystemName, System> {
  const own = ownSystems(stack);
  return {
    ...own,
    'floor-chain': {
      name: 'floor-chain',
      url: floors.chain.api.url,
      extra: {},
      record: { ...own.choreography.record, databaseUrl: floors.databaseUrl },
      database: floorDatabase,
      processes: [...floorProcesses.map((name) => `floor-chain-${name}`), 'postgres', 'rabbitmq'],
    },
    'floor-workflow': {
      name: 'floor-workflow',
      url: floors.workflow.api.url,
      extra: {},
      record: {
        databaseUrl: floors.databaseUrl,
        sql: 'select id from notified where id = any($1::uuid[])',
      },
      database: floorDatabase,
      processes: [...floorProcesses.map((name) => `floor-workflow-${name}`), 'temporal'],
    },
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
