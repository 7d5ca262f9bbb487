/**
 * Roles and schemas: each service logs in as its own role, which owns the schema of its name and nothing else. Tables are not
 * made here: each service migrates its own schema, and gives the role `clock` what it may see and move of it. Run at every start;
 * two stacks may race.
 */
import pg from 'pg';
import { reasonOf } from '../part.ts';
import {
  type DatabaseRole,
  databaseRoles,
  derivedPassword,
  perDatabaseRole,
  services,
  withUser,
} from './passwords.ts';

/** Any number, as long as everybody who provisions uses the same. */
const lockKey = 0x64756574;

/** Makes what is missing and resolves with each role's address; `own` when nobody else uses the database. */
export async function provisionPostgres(
  adminUrl: string,
  own: boolean,
): Promise<Record<DatabaseRole, string>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await attemptToProvision(adminUrl, own);
      break;
    } catch (error) {
      // Roles belong to the whole server, the lock to one database: two stacks over two databases still meet.
      const { code } = error as { code?: string };
      if (attempt === 5 || !['XX000', '23505', '42710'].includes(code ?? '')) {
        throw new Error(`Postgres could not be provisioned: ${reasonOf(error)}`, { cause: error });
      }
    }
  }
  const password = decodeURIComponent(new URL(adminUrl).password);
  return perDatabaseRole((name) => withUser(adminUrl, roleOf(name), derivedPassword(password, roleOf(name))));
}

async function attemptToProvision(adminUrl: string, own: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    for (const statement of statements(client, decodeURIComponent(new URL(adminUrl).password), own)) {
      await client.query(await statement());
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}

function* statements(
  client: pg.Client,
  adminPassword: string,
  own: boolean,
): Generator<() => Promise<string>> {
  const text = (statement: string) => async () => statement;
  const database = async () => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    return client.escapeIdentifier(rows[0]!.name);
  };
  // A database that is not ours alone keeps the rights its owner gave.
  if (own) {
    yield async () => `revoke all on database ${await database()} from public`;
    yield text('revoke all on schema public from public');
  }
  for (const name of databaseRoles) {
    const role = roleOf(name);
    const password = client.escapeLiteral(derivedPassword(adminPassword, role));
    yield text(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} login; end if;
    end $$`);
    yield text(`alter role ${role} login password ${password}`);
    // Whoever is no superuser may give a schema only to a role it is a member of.
    yield text(`do $$ begin
      if not pg_has_role(current_user, '${role}', 'member') then execute format('grant ${role} to %I', current_user); end if;
    end $$`);
    yield async () => `grant connect, temporary on database ${await database()} to ${role}`;
    for (const setting of [
      `search_path = ${name}`,
      "statement_timeout = '8s'",
      "idle_in_transaction_session_timeout = '10s'",
      // A client that is gone without a word holds its locks no longer than this.
      "tcp_user_timeout = '10s'",
    ]) {
      yield async () => `alter role ${role} in database ${await database()} set ${setting}`;
    }
  }
  for (const service of services) {
    yield text(`create schema if not exists ${service} authorization ${roleOf(service)}`);
    yield text(`revoke all on schema ${service} from public`);
  }
}

function roleOf(name: DatabaseRole): string {
  return `duet_${name}`;
}
