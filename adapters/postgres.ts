/**
 * Postgres, as little of it as is needed: a pool that notices a silent server, transactions, named statements,
 * and one answer to the question whether a failure was the database's or the statement's.
 */
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Unavailable } from '../domain/coordinator.ts';
import { corkEachTurn } from './sockets.ts';
import { pause } from './waiting.ts';

/** A connection pool of one role. */
export type Database = pg.Pool;

/** What a statement runs on: the pool, or the connection of an open transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/**
 * The database did not answer, or refuses to connect or to write: nothing is wrong with what was asked of it, and asking again when
 * it is back is all that helps.
 */
export class DatabaseUnavailable extends Unavailable {
  override name = 'DatabaseUnavailable';

  constructor(cause: unknown) {
    super('database', cause);
  }
}

// Keys: a row of `pg` is read by column name; times come as ISO 8601 text, which is what events and answers carry.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString());

/**
 * Opens a pool of at most `connections` (20, the best of those measured). Silence of the server is noticed after 8 s:
 * the server gives up a statement after 7 s, the client a query after 8 s.
 */
export function openDatabase(url: string, { connections = 20 } = {}): Database {
  const pool = new pg.Pool({
    ...connectionTo(url),
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

// What our statements rely on and a database, a role or a URL may set otherwise: how times and intervals are written, how texts are
// read, and that a statement sees what was committed before it.
const ourSettings =
  '-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c standard_conforming_strings=on ' +
  '-c default_transaction_isolation=read\\ committed';

/** How to connect to the database at `url`: with our settings, instead of those in its `options`. */
export function connectionTo(url: string): { connectionString: string; options: string } {
  const address = new URL(url);
  address.searchParams.delete('options');
  return { connectionString: address.href, options: ourSettings };
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
  const client = await told(database.connect());
  let broken: Error | undefined;
  const noteBroken = (error: Error) => (broken = error);
  client.on('error', noteBroken);
  try {
    // `begin` travels with the first statement of `work`.
    const [, result] = await Promise.all([told(client.query('begin')), work(client)]);
    const [, { command }] = await Promise.all([last(client), told(client.query('commit'))]);
    // Postgres answers the commit of a failed transaction with a rollback, not with an error.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back: a statement in it had failed');
    return result;
  } catch (error) {
    if (error instanceof DatabaseUnavailable) broken = error;
    else await client.query('rollback').catch((rollback: Error) => (broken = rollback));
    throw error;
  } finally {
    client.off('error', noteBroken);
    client.release(broken);
  }
}

/** Runs `work` in a transaction that holds the lock named `key`, for which others wait. */
export function holdingLock<T>(
  database: Database,
  key: string,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  return inTransaction(database, async (transaction) => {
    await takeLock(transaction, key);
    return work(transaction);
  });
}

/** A prepared statement as a function: `name` is unique in the process, `Row` is the shape of what it returns. */
export function statement<Row extends pg.QueryResultRow>(name: string, text: string) {
  return async (on: Queryable, ...values: unknown[]): Promise<Row[]> => {
    const { rows } = await told(on.query<Row>({ name, text, values }));
    return rows;
  };
}

// Held until the end of the transaction.
const takeLock = statement('take-lock', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');

// Only writing tells whether it can be written: a standby, a read-only database and a full disk answer every question. The table
// goes with the transaction that makes it.
const writeSomething = 'create temporary table duet_probe on commit drop as select 1 as written';

const writing = new WeakMap<Database, Promise<boolean>>();

/** Whether the database answers and can be written to. Calls at the same time share one probe. */
export function canWrite(database: Database): Promise<boolean> {
  const probe =
    writing.get(database) ??
    database
      .query(writeSomething)
      .then(
        () => true,
        () => false,
      )
      .finally(() => writing.delete(database));
  writing.set(database, probe);
  return probe;
}

/**
 * Resolves once the database answers and can be written to; asks twice a second until `signal` is aborted. Returns whether it had
 * to be waited for.
 */
export async function untilAnswers(database: Database, signal: AbortSignal): Promise<boolean> {
  let wasAway = false;
  while (!signal.aborted) {
    // All idle connections and a new one are asked at once: behind a way that was cut each would be silent in its turn.
    const asked = Array.from({ length: database.idleCount + 1 }, () => database.query('select 1'));
    const answers = await Promise.any(asked).then(
      () => true,
      () => false,
    );
    if (answers && (await canWrite(database))) return wasAway;
    wasAway = true;
    await pause(500, signal);
  }
  return wasAway;
}

// By class: 08 the connection, 28 and 3D it is not let in, 53 no room or no connection left, 57P it shuts down or starts, 58 its
// disk; and read only, a statement or a transaction that took too long.
const awayCodes = /^(08|28|3D|53|57P|58|25006$|57014$|25P03$|25P04$)/;

/**
 * Whether a failure says that the database is away. What it says itself goes by its code. All else came from
 * the way to it (socket, resolver, TLS, a time limit), unless it is a mistake in the code that asks.
 */
export function isAway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return awayCodes.test(error.code ?? '');
  const isMistake = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return error instanceof Error && !isMistake;
}

/** What the library was asked, with a database that is away told as that. */
async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DatabaseUnavailable || !isAway(error)) throw error;
    throw new DatabaseUnavailable(error);
  }
}
