/** Brings a service's schema up to date. Every process does so at its start; those that race wait for each other. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type MigrationBuilder, runner } from 'node-pg-migrate';
import pg from 'pg';
import { connectionTo, isAway } from './postgres.ts';

/** The schemas, one per service, and the folders of `adapters/migrations/` that make up each. */
const folders = {
  accounts: ['messaging', 'accounts'],
  notifications: ['messaging', 'notifications'],
  tracker: ['tracker'],
  statistics: ['messaging', 'statistics'],
} as const;

/** The name of a service that owns a schema. */
export type Schema = keyof typeof folders;

/** One lock for all migrations, so that two processes of a service take turns. */
const migrationLock = 7_311_402;

/**
 * Applies what is missing in `schema`. `databaseUrl` is that of the schema's own role. A database that is not there yet is
 * waited for; `onWaiting` is told why.
 */
export async function migrate(
  databaseUrl: string,
  schema: Schema,
  onWaiting: (reason: string) => void,
): Promise<void> {
  const client = await connected(databaseUrl, onWaiting);
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const rolesBegin = await beginningOfRoles(client, schema);
    for (const folder of folders[schema]) {
      await runner({
        dbClient: client,
        dir: fileURLToPath(new URL(`migrations/${folder}`, import.meta.url)),
        migrationsTable: `migrations_${folder}`,
        schema,
        migrationsSchema: schema,
        direction: 'up',
        // The lock above waits; the one of the library would give up.
        noLock: true,
        log: () => {},
        migrationLoaderStrategies: [
          { extensions: ['.sql'], loader: (files) => Promise.all(files.map(migrationFrom(rolesBegin))) },
        ],
      });
    }
  } finally {
    await client.end();
  }
}

/**
 * Roles belong to the server, so their names carry the installation: the statements say `duet_clock` and mean the role that
 * differs from ours in the name of the service only.
 */
function migrationFrom(rolesBegin: string) {
  return async (file: string) => {
    const text = await readFile(file, 'utf8');
    const statements = text.replaceAll(/\bduet_(?=[a-z]+\b)/g, rolesBegin);
    return {
      id: file,
      filePaths: [file],
      actions: { up: ({ sql }: MigrationBuilder) => sql(statements), down: false as const },
    };
  };
}

/** What all roles of this installation begin with: `duet_1f2e3d4c_`, of `duet_1f2e3d4c_accounts`. */
async function beginningOfRoles(client: pg.Client, schema: Schema): Promise<string> {
  const { rows } = await client.query<{ role: string }>('select current_user as role');
  const { role } = rows[0]!;
  if (!role.endsWith(schema)) throw new Error(`\`${role}\` is not the role of the service ${schema}`);
  return role.slice(0, -schema.length);
}

async function connected(databaseUrl: string, onWaiting: (reason: string) => void): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({
      ...connectionTo(databaseUrl),
      connectionTimeoutMillis: 5000,
      statement_timeout: 60_000,
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      // A wrong password or database is an error to fix; only a server that is away may come.
      if (!isAway(error) || (error instanceof pg.DatabaseError && /^(28|3D)/.test(error.code ?? '')))
        throw error;
      onWaiting(error instanceof Error ? error.message : String(error));
      await delay(1000);
    }
  }
}
