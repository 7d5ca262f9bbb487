/** What tests look up inside the stack where the outside does not show it: rows of a service, Temporal executions. */
import { WorkflowNotFoundError, type Client, type Connection } from '@temporalio/client';
import { openDatabase, type Database } from '../adapters/postgres.ts';
import { openClient, temporalAddress } from '../orchestration/connection.ts';
import { workflowId } from '../orchestration/edge.ts';
import { theStack } from './stack.ts';

type Service = 'accounts' | 'messages' | 'tracker';

const databases = new Map<Service, Database>();
let temporal: { client: Client; connection: Connection } | undefined;

/** The database as a service sees it: its own role, its own schema. */
export function databaseOf(service: Service): Database {
  const database =
    databases.get(service) ?? openDatabase(theStack().addresses.database[service], { connections: 2 });
  databases.set(service, database);
  return database;
}

/** A client of the Temporal server of this run. */
export function temporalClient(): Client {
  temporal ??= openClient(temporalAddress(theStack().environmentOf('accounts')));
  return temporal.client;
}

/** The steps of a signup that are under way or to be tried again: deliveries and events of the chain, activities of the workflow. */
export async function openSteps(signupId: string): Promise<string[]> {
  const open: string[] = [];
  for (const service of ['accounts', 'messages'] as const) {
    const { rows } = await databaseOf(service).query<{ what: string }>(
      `select queue || ' ' || state as what from deliveries where signup_id = $1 and state <> 'done'
       union all select 'unsent ' || type from outbox where signup_id = $1 and sent_at is null`,
      [signupId],
    );
    open.push(...rows.map(({ what }) => what));
  }
  try {
    const { status } = await temporalClient().workflow.getHandle(workflowId(signupId)).describe();
    if (status.name === 'RUNNING') open.push('workflow running');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return open;
}

/** The accounts of signups, as far as they are open or closed. */
export async function accountsOf(
  signupIds: string[],
): Promise<{ status: string; notified_at: string | null }[]> {
  const { rows } = await databaseOf('accounts').query<{ status: string; notified_at: string | null }>(
    'select status, notified_at from accounts where signup_id = any($1)',
    [signupIds],
  );
  return rows;
}

/** Closes what the tests opened here; called once, by the runner's root hook. */
export async function closeInside(): Promise<void> {
  await Promise.all([...databases.values()].map((database) => database.end()));
  databases.clear();
  await temporal?.connection.close();
  temporal = undefined;
}
