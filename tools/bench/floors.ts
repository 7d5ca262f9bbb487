/** Starts the two floors beside a stack: over its servers, in a database, an exchange and task queues of their own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workflowBundle } from '../../coordinators/workflow/bundle.ts';
import { specOf } from '../platform/our-processes.ts';
import { withSession } from '../platform/postgres-session.ts';
import type { AddedProcess, OurProcess, Stack } from '../platform/stack.ts';

/** The names of a floor's processes; the api is where signups go. */
export const floorProcesses = ['api', 'accounts', 'notifications'] as const;

/** The processes of a floor. */
export type Floor = Record<(typeof floorProcesses)[number], AddedProcess>;

/** Both floors, and the address of the database they share. */
export type Floors = { chain: Floor; workflow: Floor; databaseUrl: string; stop: () => Promise<void> };

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The database of the floors. */
export const floorDatabase = 'duet_floor';

/** Starts both; `scratch` is a folder for the bundle of the floor's workflow. */
export async function startFloors(stack: Stack, scratch: string): Promise<Floors> {
  const databaseUrl = await makeDatabase(stack.addresses.databaseAdmin);
  const bundle = await workflowBundle(join(scratch, 'floor'), [folder('floor-workflow/workflows')]);
  const chain = await startFloor('floor-chain', (name) => ({
    DATABASE_URL: `${databaseUrl}?options=${encodeURIComponent(`-c search_path=${name === 'notifications' ? name : 'accounts'}`)}`,
    AMQP_URL: stack.addresses.amqpAdmin,
  }));
  const workflow = await startFloor('floor-workflow', () => ({
    DATABASE_URL: databaseUrl,
    WORKFLOW_BUNDLE: bundle,
  }));
  const processes = [...Object.values(chain), ...Object.values(workflow)];
  return {
    chain,
    workflow,
    databaseUrl,
    stop: async () => void (await Promise.all(processes.map((process) => process.stop()))),
  };

  async function startFloor(
    system: string,
    own: (name: OurProcess) => Record<string, string>,
  ): Promise<Floor> {
    const started = floorProcesses.map(async (name) => {
      const environment = { ...stack.environmentOf(name), ...own(name) };
      const spec = specOf(name, await stack.freePort(8181), environment, process.env, folder(system));
      return [name, await stack.addBeside({ ...spec, name: `${system}-${name}` })] as const;
    });
    return Object.fromEntries(await Promise.all(started)) as Floor;
  }
}

async function makeDatabase(adminUrl: string): Promise<string> {
  const url = new URL(adminUrl);
  await withSession(url.href, async (admin) => {
    await admin.query(`drop database if exists ${floorDatabase} with (force)`);
    await admin.query(`create database ${floorDatabase}`);
  });
  url.pathname = `/${floorDatabase}`;
  await withSession(url.href, async (floor) => {
    await floor.query(await readFile(folder('floor-chain/schema.sql'), 'utf8'));
    await floor.query('create table notified (id uuid primary key)');
  });
  return url.href;
}
