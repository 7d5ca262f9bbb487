/**
 * Where faults are put into a process: around what it has opened, never inside of it. A module that is named by a variable says
 * which; without it everything is given back as it is, and nothing is loaded.
 */
import { pathToFileURL } from 'node:url';
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

/** What the module of that variable exports. */
export type InjectionModule = { injectionFor(process: string): Injection };

const nothing: Injection = {
  database: (opened) => opened,
  mail: (opened) => opened,
  client: (opened) => opened,
  worker: (settings) => settings,
};

/** What is injected into the process `name`. */
export async function injectionInto(name: string): Promise<Injection> {
  const { INJECTION_MODULE } = readConfig(['INJECTION_MODULE']);
  if (INJECTION_MODULE === undefined) return nothing;
  const { injectionFor } = (await import(pathToFileURL(INJECTION_MODULE).href)) as InjectionModule;
  return injectionFor(name);
}
