/**
 * How far services have read logs, and the way back: an operator has a service read a log again from an earlier
 * record. A position that is moved begins a new turn, so that the processes that read at that moment write theirs no
 * more, and go on from the new one.
 */
import pg from 'pg';
import { openDatabase, type Database } from '../../adapters/postgres.ts';

/** How far a service has come in a partition of a log. */
export type Position = {
  service: string;
  log: string;
  partition: number;
  next: number;
  movedAt: string | null;
  missed: number;
  remade: number;
};

/** A position that is moved back, or would be. */
export type Rewound = { partition: number; from: number; to: number };

/** All positions of all services. `url` is an administrator's. */
export function positionsIn(url: string): Promise<Position[]> {
  return onDatabase(url, async (database) => {
    const { rows } = await database.query<{ service: string }>(
      `select schemaname as service from pg_tables where tablename = 'positions' order by 1`,
    );
    const all: Position[] = [];
    for (const { service } of rows) {
      const { rows: positions } = await database.query<Position>(
        `select $1 as service, log, partition, next::float8, moved_at as "movedAt", missed::float8, remade
         from ${pg.escapeIdentifier(service)}.positions order by log, partition`,
        [service],
      );
      all.push(...positions);
    }
    return all;
  });
}

/**
 * Moves the positions of a service in a log back, or only says which. `to` is by partition; one that has not come as
 * far stays where it is.
 */
export function rewind(
  url: string,
  { service, log, to }: { service: string; log: string; to: (partition: number) => number | undefined },
  { isDry }: { isDry: boolean },
): Promise<Rewound[]> {
  return onDatabase(url, async (database) => {
    const table = `${pg.escapeIdentifier(service)}.positions`;
    const { rows } = await database.query<{ partition: number; next: number }>(
      `select partition, next::float8 from ${table} where log = $1 order by partition`,
      [log],
    );
    const rewound = rows
      .map(({ partition, next }) => ({ partition, from: next, to: to(partition) ?? next }))
      .filter((each) => each.to < each.from);
    // Not moved any more, as if nothing was read: what the log no longer has then counts as missed by nobody.
    const move = `update ${table} set next = $3, turn = turn + 1, moved_at = null where log = $1 and partition = $2`;
    if (!isDry) for (const each of rewound) await database.query(move, [log, each.partition, each.to]);
    return rewound;
  });
}

async function onDatabase<T>(url: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(url, { connections: 1 });
  try {
    return await use(database);
  } finally {
    await database.end();
  }
}
