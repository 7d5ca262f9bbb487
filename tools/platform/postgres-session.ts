/** A session on a Postgres server, for a few statements. */
import pg from 'pg';

/** Connects within five seconds, and ends the session once the work is done. */
export async function withSession<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  limits: Pick<pg.ClientConfig, 'query_timeout'> = {},
): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, ...limits });
  // A connection that breaks fails the next statement.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
