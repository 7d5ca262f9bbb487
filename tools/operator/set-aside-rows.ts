/**
 * Records of logs that could not be read, as their services have set them aside: rows, one for each service that came
 * across the record. An operator looks at them, appends them to their log again, or drops them. A row is deleted only
 * once its record is appended.
 */
import pg from 'pg';
import type { Database } from '../../adapters/postgres.ts';
import { placeAside } from '../../messaging/transports/log/log.ts';
import { letterOf, type DeadLetter, type SetAsideMessages } from './dead-letters.ts';
import type { OpenedLog } from './logs.ts';

type Row = { log: string; partition: number; position: string; content: string; reason: string; at: string };

/** Opens a log by its name, for as long as `use` takes. */
type WithLog = <T>(name: string, use: (log: OpenedLog) => Promise<T>) => Promise<T>;

/** The names of the places where records may have been set aside: one for each of these logs that a service reads. */
export async function asidePlaces(database: Database, logs: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ service: string }>(
    `select schemaname as service from pg_tables where tablename = 'set_aside' order by 1`,
  );
  const places: string[] = [];
  for (const { service } of rows) {
    const read = await database.query<{ log: string }>(
      `select distinct log from ${pg.escapeIdentifier(service)}.positions where log = any($1) order by 1`,
      [logs],
    );
    places.push(...read.rows.map(({ log }) => placeAside(service, log)));
  }
  return places;
}

/** What an operator does with the rows. `database` is an administrator's. */
export function setAsideRows(database: Database, withLog: WithLog): SetAsideMessages {
  return {
    count: async (place) => (await rowsOf(place)).length,
    peek: async (place, limit) =>
      (await rowsOf(place)).slice(0, limit).map(({ content, reason, at }): DeadLetter => {
        return { ...letterOf(place, content), reason: reason.replaceAll(/\s+/g, ' '), at };
      }),
    async redrive(place, signal) {
      const rows = await rowsOf(place);
      const [, log] = partsOf(place);
      let redriven = 0;
      await withLog(log, async ({ append }) => {
        for (const row of rows) {
          if (signal.aborted) break;
          await append(row.partition, row.content);
          await remove(place, row);
          redriven += 1;
        }
      });
      return { queue: place, to: `the log ${log}`, redriven, left: rows.length - redriven };
    },
    async drop(place, signal) {
      let dropped = 0;
      for (const row of await rowsOf(place)) {
        if (signal.aborted) break;
        await remove(place, row);
        dropped += 1;
      }
      return dropped;
    },
  };

  async function rowsOf(place: string): Promise<Row[]> {
    const [service, log] = partsOf(place);
    const { rows } = await database.query<Row>(
      `select log, partition, position, content, reason, set_aside_at as at
       from ${pg.escapeIdentifier(service)}.set_aside where log = $1 order by set_aside_at`,
      [log],
    );
    return rows;
  }

  async function remove(place: string, { log, partition, position }: Row): Promise<void> {
    const [service] = partsOf(place);
    await database.query(
      `delete from ${pg.escapeIdentifier(service)}.set_aside where log = $1 and partition = $2 and position = $3`,
      [log, partition, position],
    );
  }
}

/** The service and the log in the name of a place. */
function partsOf(place: string): [service: string, log: string] {
  const [service = '', log = ''] = place.split('.');
  return [service, log];
}
