/** What tests look up inside the stack where the outside does not show it: rows of a service, Temporal executions. */
import { WorkflowNotFoundError, type Client, type Connection } from '@temporalio/client';
import { openDatabase, type Database } from '../adapters/postgres.ts';
import { accountsReactions } from '../choreography/accounts.ts';
import { notificationsReactions } from '../choreography/notifications.ts';
import { openClient, temporalAddress } from '../coordinators/workflow/connection.ts';
import { workflowId } from '../coordinators/workflow/execution.ts';
import { observationIn, type ToldRow } from '../tracking/steps.ts';
import { watched } from '../tracking/tracker.ts';
import { until } from '../adapters/waiting.ts';
import { theStack } from './stack.ts';

type Service = 'accounts' | 'notifications' | 'tracker' | 'statistics';

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

const listeners = [...accountsReactions, ...notificationsReactions];

/** The steps of a signup that are under way or to be tried again: events of the chain that are not done with, a workflow that runs. */
export async function openSteps(signupId: string): Promise<string[]> {
  const open: string[] = [];
  const told: { id: string; key: string }[] = [];
  const done = new Set<string>();
  for (const service of watched) {
    const database = databaseOf(service);
    // A reaction is done in the transaction that tells of it: whoever looked at the outbox first could see it done, and miss what it told.
    const deliveries = await database.query<{ queue: string; message_id: string; state: string }>(
      'select queue, message_id, state from deliveries where signup_id = $1',
      [signupId],
    );
    const events = await database.query<{ id: string; key: string; is_sent: boolean }>(
      'select id, key, sent_at is not null as is_sent from outbox where signup_id = $1',
      [signupId],
    );
    told.push(...events.rows);
    open.push(...events.rows.filter(({ is_sent: isSent }) => !isSent).map(({ key }) => `unsent ${key}`));
    for (const { queue, message_id: id, state } of deliveries.rows) {
      if (state === 'done') done.add(`${queue} ${id}`);
      else open.push(`${queue} ${state}`);
    }
  }
  for (const { id, key } of told) {
    for (const { queue, on } of listeners) {
      const isMissing = on.some((each) => each === key) && !done.has(`${queue} ${id}`);
      if (isMissing) open.push(`${queue} is to be done with ${key}`);
    }
  }
  open.push(...(await notNotedYet(signupId)));
  try {
    const { status } = await temporalClient().workflow.getHandle(workflowId(signupId)).describe();
    if (status.name === 'RUNNING') open.push('workflow running');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return open;
}

/** What was told of a signup that the tracker has yet to note. */
async function notNotedYet(signupId: string): Promise<string[]> {
  const tracker = databaseOf('tracker');
  const told = watched.map((service) =>
    tracker.query<ToldRow>(
      `select id, type, channel, purpose, step, kind, detail from ${service}.told
       where signup_id = $1 and not exists (select from feed where event_id = id)`,
      [signupId],
    ),
  );
  const rows = (await Promise.all(told)).flatMap((each) => each.rows);
  return rows.flatMap((row) => observationIn(row) ?? []).map(({ step }) => `${step} is to be noted`);
}

/** What became of the messages of a signup, as `channel purpose state`, in alphabetical order. */
export async function sendsOf(signupId: string): Promise<string[]> {
  const { rows } = await databaseOf('notifications').query<{ send: string }>(
    `select concat_ws(' ', channel, purpose, state) as send from sends where signup_id = $1 order by 1`,
    [signupId],
  );
  return rows.map(({ send }) => send);
}

/**
 * Makes every write to the account of one signup fail that would lead to `where` (a condition on the row `new`), as a fault of
 * the step: the database itself is well. Returns what mends it.
 */
export async function faultAtAccount(signupId: string, where: string): Promise<() => Promise<void>> {
  const name = `fault_${signupId.replaceAll('-', '_')}`;
  const database = databaseOf('accounts');
  await database.query(
    `create function ${name}() returns trigger language plpgsql as
     $$ begin raise exception 'this account is broken'; end $$`,
  );
  await database.query(
    `create trigger ${name} before insert or update on accounts for each row
     when (new.signup_id = '${signupId}' and ${where}) execute function ${name}()`,
  );
  return async () => void (await database.query(`drop function ${name} cascade`));
}

/** Runs `use` while the database takes no writes of these services, as a standby or one that is full would. */
export async function whileReadOnly(services: readonly Service[], use: () => Promise<void>): Promise<void> {
  const admin = openDatabase(theStack().addresses.databaseAdmin, { connections: 1 });
  const roles = services.map((service) => new URL(theStack().addresses.database[service]).username);
  try {
    await setAll('set default_transaction_read_only = on');
    await use();
  } finally {
    await setAll('reset default_transaction_read_only');
    await admin.end();
  }

  async function setAll(change: string): Promise<void> {
    for (const role of roles) {
      await admin.query(`alter role ${role} in database ${await databaseName()} ${change}`);
    }
    // A connection keeps what it began with.
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1)', [
      roles,
    ]);
  }
  async function databaseName(): Promise<string> {
    const { rows } = await admin.query<{ name: string }>('select quote_ident(current_database()) as name');
    return rows[0]!.name;
  }
}

/** Waits until no step of a signup is under way or to be tried again, in any style. */
export async function untilAtRest(id: string): Promise<void> {
  await until(`no step of ${id} under way`, async () => {
    const open = await openSteps(id);
    if (open.length > 0) throw new Error(open.join(', '));
    return true;
  });
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
