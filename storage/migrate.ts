/** Brings a service's schema up to date. Every process does so at its start; those that race wait for each other. */
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

/** The schemas, one per service, and the folders of `storage/` that make up each. */
const folders = {
  accounts: ['messaging', 'accounts'],
  messages: ['messaging', 'messages'],
  tracker: ['messaging', 'tracker'],
} as const;

/** The name of a service that owns a schema. */
export type Schema = keyof typeof folders;

/** One number for all who migrate, so that two processes of a service take turns. */
const migrationLock = 7_311_402;

/** Applies what is missing in `schema`. `databaseUrl` is that of the schema's own role. */
export async function migrate(databaseUrl: string, schema: Schema): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, statement_timeout: 60_000 });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    for (const folder of folders[schema]) {
      await runner({
        dbClient: client,
        dir: fileURLToPath(new URL(folder, import.meta.url)),
        migrationsTable: `migrations_${folder}`,
        schema,
        migrationsSchema: schema,
        direction: 'up',
        // The lock above waits; the one of the library would give up.
        noLock: true,
        log: () => {},
      });
    }
  } finally {
    await client.end();
  }
}
