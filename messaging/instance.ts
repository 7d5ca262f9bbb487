/**
 * Which processes of a service are alive. A process that claims a row writes its instance id into it; the claim holds as
 * long as the process says every second that it lives. So what a killed process had claimed is free again in seconds,
 * however long the work may take, and a live one is never overtaken.
 */
import { randomUUID } from 'node:crypto';
import { statement, type Database } from '../adapters/postgres.ts';

const stayAlive = statement(
  'stay-alive',
  `insert into instances (id, alive_until) values ($1, now() + interval '5 seconds')
   on conflict (id) do update set alive_until = excluded.alive_until`,
);
const leave = statement(
  'leave',
  `delete from instances where id = $1 or alive_until < now() - interval '1 day'`,
);

/** A process of a service, as its database knows it. */
export type Instance = { id: string; leave(): Promise<void> };

/** Enters this process into the table of those alive and keeps it there until `leave`. */
export async function enterInstance(database: Database): Promise<Instance> {
  const id = randomUUID();
  await stayAlive(database, id);
  // While the database is down nobody can claim anything either.
  const beat = setInterval(() => void stayAlive(database, id).catch(() => {}), 1000);
  return {
    id,
    async leave() {
      clearInterval(beat);
      await leave(database, id).catch(() => {});
    },
  };
}
