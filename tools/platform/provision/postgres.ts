/**
 * Roles and schemas: each service logs in as its own role, which owns the schema of its name and nothing else. Tables are not
 * made here: each service migrates its own schema, and gives the other roles what they may see and move of it. Run at every
 * start; two stacks may race.
 */
import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { PlatformError, reasonOf } from '../error.ts';
import { asRole, placeOf } from '../postgres-address.ts';
import { withSession } from '../postgres-session.ts';
import {
  type DatabaseRole,
  databaseRoles,
  derivedSecret,
  type Installation,
  perDatabaseRole,
  roleOf,
  services,
} from './passwords.ts';

/** What was found or made in a database. */
export type ProvisionedDatabase = {
  database: Record<DatabaseRole, string>;
  installation: Installation;
  /** As given, else derived from the installation's secret. */
  verificationKey: string;
};

/** Any number, as long as everybody who provisions uses the same. */
const lockKey = 0x64756574;

/**
 * Makes what is missing and resolves with each role's address; `own` when nobody else uses the database. `givenKey` signs the
 * verification links; throws where those that are out were signed with another one.
 */
export async function provisionPostgres(
  adminUrl: string,
  own: boolean,
  givenKey?: string,
): Promise<ProvisionedDatabase> {
  try {
    const { installation, verificationKey } = await withSession(adminUrl, async (client) => {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
      await refuseOlderTables(client, adminUrl);
      const found = await findInstallation(client, givenKey);
      for (const statement of statements(found.installation, await surroundingsOf(client), own)) {
        await client.query(statement);
      }
      await client.query('commit');
      return found;
    });
    const database = perDatabaseRole((name) => {
      const role = roleOf(installation, name);
      return asRole(adminUrl, role, derivedSecret(installation, role));
    });
    await tryLogin(database.accounts);
    return { database, installation, verificationKey };
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw new PlatformError(
      `Postgres at ${placeOf(adminUrl)} could not be provisioned: ${reasonOf(error)}\n` +
        'The user of DATABASE_URL must be a superuser, or own the database and have CREATEROLE.',
      { cause: error },
    );
  }
}

/** Throws where the tables are those of 0.3, which are not migrated: only its service of messages had this schema. */
async function refuseOlderTables(client: pg.Client, adminUrl: string): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_tables where schemaname = 'messages' and tablename = 'migrations_messages'`,
  );
  if (rowCount === 0) return;
  throw new PlatformError(
    `The database ${placeOf(adminUrl)} was made by Duet 0.3, which this version cannot read: name another one in DATABASE_URL.`,
  );
}

/** Only the administrator reads this schema. */
const installationTable = `
  create schema if not exists duet;
  create table if not exists duet.installation (
    is_only boolean primary key default true check (is_only),
    id text not null,
    secret text not null,
    verification_key_sha256 text not null
  )`;

async function findInstallation(
  client: pg.Client,
  givenKey: string | undefined,
): Promise<Pick<ProvisionedDatabase, 'installation' | 'verificationKey'>> {
  const { rows: made } = await client.query<{ made: boolean }>(
    `select to_regclass('duet.installation') is not null as made`,
  );
  // Asked first: who may read it need not be allowed to make schemas.
  if (!made[0]!.made) await client.query(installationTable);
  const fresh = { id: randomBytes(4).toString('hex'), secret: randomBytes(32).toString('hex') };
  const keyFor = (installation: Installation) =>
    givenKey ?? derivedSecret(installation, 'verification links');
  await client.query('insert into duet.installation values (true, $1, $2, $3) on conflict do nothing', [
    fresh.id,
    fresh.secret,
    digestOf(keyFor(fresh)),
  ]);
  const { rows } = await client.query<Installation & { digest: string }>(
    'select id, secret, verification_key_sha256 as digest from duet.installation',
  );
  const { digest, ...installation } = rows[0]!;
  const verificationKey = keyFor(installation);
  if (digestOf(verificationKey) !== digest) {
    throw new PlatformError(
      [
        `VERIFICATION_KEY ${givenKey === undefined ? 'is not set, but was' : 'is not what it was'} when this database was first used: links in mails that have left would pass for forged ones.`,
        'Set it to what it was, or leave it unset if it was. How to give those links up: docs/operations.md, “Another key for the links”.',
      ].join('\n'),
    );
  }
  return { installation, verificationKey };
}

function digestOf(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex');
}

type DatabaseSurroundings = { database: string; mayTellSet: boolean };

async function surroundingsOf(client: pg.Client): Promise<DatabaseSurroundings> {
  const { rows } = await client.query<{ name: string; version: number }>(
    `select current_database() as name, current_setting('server_version_num')::int as version`,
  );
  return { database: client.escapeIdentifier(rows[0]!.name), mayTellSet: rows[0]!.version >= 160_000 };
}

function* statements(
  installation: Installation,
  { database, mayTellSet }: DatabaseSurroundings,
  own: boolean,
): Generator<string> {
  // A database that is not ours alone keeps the rights its owner gave.
  if (own) {
    yield `revoke all on database ${database} from public`;
    yield 'revoke all on schema public from public';
  }
  for (const name of databaseRoles) {
    const role = roleOf(installation, name);
    yield `do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} login; end if;
    end $$`;
    yield `alter role ${role} login password '${derivedSecret(installation, role)}'`;
    // Whoever is no superuser may give a schema only to a role that it can be. Since Postgres 16 being a member is not enough.
    yield `do $$ begin
      if not pg_has_role(current_user, '${role}', '${mayTellSet ? 'set' : 'member'}') then
        execute format('grant ${role} to %I${mayTellSet ? ' with set true, inherit true' : ''}', current_user);
      end if;
    end $$`;
    yield `grant connect, temporary on database ${database} to ${role}`;
    for (const setting of [
      `search_path = ${name}`,
      "statement_timeout = '8s'",
      "idle_in_transaction_session_timeout = '10s'",
      // A client that is gone without a word holds its locks no longer than this.
      "tcp_user_timeout = '10s'",
    ]) {
      yield `alter role ${role} in database ${database} set ${setting}`;
    }
  }
  for (const service of services) {
    yield `create schema if not exists ${service} authorization ${roleOf(installation, service)}`;
    yield `revoke all on schema ${service} from public`;
  }
}

/** A server may let in its administrator and no role with a password, by `peer` say: better told now than by each process. */
async function tryLogin(url: string): Promise<void> {
  try {
    await withSession(url, async () => {});
  } catch (error) {
    throw new PlatformError(
      `Postgres at ${placeOf(url)} does not let in the roles that were made for the services: ${reasonOf(error)}\n` +
        'They log in with passwords: `pg_hba.conf` must allow that (`scram-sha-256`) for where DATABASE_URL leads, which may be 127.0.0.1 instead of a socket.',
    );
  }
}
