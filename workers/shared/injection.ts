/**
 * Where the failure lab reaches into a process: around what the process has opened, never inside of it. Without the lab's switch
 * everything is given back as it is, and nothing of the lab is loaded.
 */
import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { MailProvider } from '../../adapters/mail.ts';
import type { Database } from '../../adapters/postgres.ts';
import { readConfig } from '../../adapters/config.ts';

/** What a Temporal worker of ours is started with. */
export type WorkerSettings = Pick<
  WorkerOptions,
  'taskQueue' | 'activities' | 'workflowBundle' | 'interceptors' | 'dataConverter'
>;

/** Gives back what it is given, perhaps with a fault in it. */
export type Injection = {
  database(opened: Database): Database;
  mail(opened: MailProvider): MailProvider;
  client(opened: Client): Client;
  worker(settings: WorkerSettings): WorkerSettings;
};

const nothing: Injection = {
  database: (opened) => opened,
  mail: (opened) => opened,
  client: (opened) => opened,
  worker: (settings) => settings,
};

/** What is injected into the process `name`. */
export async function injectionInto(name: string): Promise<Injection> {
  const { LAB_FOLDER } = readConfig(['LAB_FOLDER']);
  if (LAB_FOLDER === undefined) return nothing;
  // The one door to the lab, and it is closed unless the lab opens it.
  // oxlint-disable-next-line no-restricted-imports
  const { injectionFor } = await import('../../tools/lab/injection.ts');
  return injectionFor(LAB_FOLDER, name);
}
