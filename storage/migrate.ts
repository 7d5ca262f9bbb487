/** Brings a service's schema up to date. Every process does so at its start; those that race wait for each other. */
import { setTimeout as delay } from 'node:timers/promises';
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

async function connected(databaseUrl: string, onWaiting: (reason: string) => void): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: 5000,
      statement_timeout: 60_000,
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      // A wrong password or database is an error to fix; only a server that is away may come.
      if (error instanceof pg.DatabaseError && !error.code?.startsWith('57P')) throw error;
      onWaiting(error instanceof Error ? error.message : String(error));
      await delay(1000);
    }
  }
}
