/**
 * Postgres, as little of it as is needed: a pool that notices a silent server, transactions, named statements,
 * and one answer to the question whether a failure was the database's or the statement's.
 */
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { corkEachTurn } from './sockets.ts';

/** A connection pool of one role. */
export type Database = pg.Pool;

/** What a statement runs on: the pool, or the connection of an open transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** The database did not answer, or refuses connections: nothing is known about what was asked of it. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable';
}

// Keys: a row of `pg` is read by column name; times come as ISO 8601 text, which is what events and answers carry.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString());

/**
 * Opens a pool of at most `connections` (20, the best of those measured). Silence of the server is noticed after 8 s:
 * the server gives up a statement after 7 s, the client a query after 8 s.
 */
export function openDatabase(url: string, { connections = 20 } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    // Statements of a transaction that do not need each other's answer share a round trip.
    pipeline: true,
    connectionTimeoutMillis: 5000,
    statement_timeout: 7000,
    query_timeout: 8000,
    idle_in_transaction_session_timeout: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  // A pool tells of idle connections that broke; the next query finds out by itself.
  pool.on('error', () => {});
  pool.on('connect', (client) => corkEachTurn(socketOf(client)));
  return pool;
}

/** Not in the library's types. It corks the pieces of a statement by itself, but not the statements of a pipeline. */
function socketOf(client: pg.ClientBase): Duplex {
  return (client as typeof client & { connection: { stream: Duplex } }).connection.stream;
}

/**
 * Runs `work` in a transaction: committed when it returns, rolled back when it throws. What `last` writes goes along with the
 * commit, in one round trip.
 */
export async function inTransaction<T>(
  database: Database,
  work: (transaction: Queryable) => Promise<T>,
  last: (transaction: Queryable) => Promise<unknown> = async () => {},
): Promise<T> {
  const client = await database.connect().catch((error: unknown) => {
    throw asUnavailable(error);
  });
  let broken: Error | undefined;
  const noteBroken = (error: Error) => (broken = error);
  client.on('error', noteBroken);
  try {
    // `begin` travels with the first statement of `work`.
    const [, result] = await Promise.all([client.query('begin'), work(client)]);
    const [, { command }] = await Promise.all([last(client), client.query('commit')]);
    // Postgres answers the commit of a failed transaction with a rollback, not with an error.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back: a statement in it had failed');
    return result;
  } catch (error) {
    const reason = asUnavailable(error);
    if (reason instanceof DatabaseUnavailable) broken = reason;
    else await client.query('rollback').catch((rollback: Error) => (broken = rollback));
    throw reason;
  } finally {
    client.off('error', noteBroken);
    client.release(broken);
  }
}

/** Runs `work` in a transaction; of those that name the same `key` at the same time, one after the other. */
export function inTurn<T>(
  database: Database,
  key: string,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  return inTransaction(database, async (transaction) => {
    await takeTurn(transaction, key);
    return work(transaction);
  });
}

/** A prepared statement as a function: `name` is unique in the process, `Row` is the shape of what it returns. */
export function statement<Row extends pg.QueryResultRow>(name: string, text: string) {
  return async (on: Queryable, ...values: unknown[]): Promise<Row[]> => {
    try {
      const { rows } = await on.query<Row>({ name, text, values });
      return rows;
    } catch (error) {
      throw asUnavailable(error);
    }
  };
}

// Held until the end of the transaction.
const takeTurn = statement('take-turn', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');

/** Resolves once the database answers a query; asks twice a second until `signal` is aborted. */
export async function untilAnswers(database: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // All idle connections and a new one are asked at once: behind a way that was cut each would be silent in its turn.
      const asked = Array.from({ length: database.idleCount + 1 }, () => database.query('select 1'));
      await Promise.any(asked);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

const unavailableCodes = /^(08...|57P0[1-5]|53300|25P03|57014)$/;
const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);
const unavailableTexts =
  /connection terminated|connection error|timeout exceeded when trying to connect|query read timeout|client was closed|connection ended/i;

function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseUnavailable) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isUnavailable =
    error instanceof pg.DatabaseError
      ? unavailableCodes.test(code)
      : unavailableErrnos.has(code) || unavailableTexts.test(error.message);
  return isUnavailable ? new DatabaseUnavailable(`database: ${error.message}`, { cause: error }) : error;
}
