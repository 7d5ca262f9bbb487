/**
 * Which processes of a service are alive. A process that claims a row writes its instance id into it; the
 * claim holds as long as the process says every second that it lives. So what a killed process had claimed is
 * free again in seconds, however long the work may take, and a live one is never overtaken. One that was
 * frozen may have been: it begins a new life.
 */
import { randomUUID } from 'node:crypto';
import { statement, type Database } from '../adapters/postgres.ts';

const leaseMs = 5000;

const stayAlive = statement(
  'stay-alive',
  `insert into instances (id, alive_until) values ($1, now() + $2::float8 * interval '1 ms')
   on conflict (id) do update set alive_until = excluded.alive_until`,
);
const leave = statement('leave', 'delete from instances where id = $1');
const removeDead = statement(
  'remove-dead',
  `delete from instances where alive_until < now() - interval '1 day'`,
);

/** A time in which the claims of a process hold. After it another may have claimed the same rows. */
export type Life = { isOver(): boolean };

/** A process of a service, as its database knows it. */
export type Instance = {
  id: string;
  /** The life of this process; a new one, once the database knows of it, where the last is over. */
  life(): Promise<Life>;
  leave(): Promise<void>;
};

/** Enters this process into the table of those alive and keeps it there until `leave`. */
export async function enterInstance(database: Database): Promise<Instance> {
  const id = randomUUID();
  let current = beginLife(now());
  await beat();
  await removeDead(database);
  // While the database is down no process can claim anything either.
  const beating = setInterval(() => void beat().catch(() => {}), 1000);
  return {
    id,
    async life() {
      if (current.isOver()) await beat();
      return current;
    },
    async leave() {
      clearInterval(beating);
      await leave(database, id).catch(() => {});
    },
  };

  async function beat(): Promise<void> {
    // The lease in the database is counted from later, so it ends later.
    const asked = now();
    await stayAlive(database, id, leaseMs);
    if (current.isOver()) current = beginLife(asked);
    else current.prolong(asked);
  }
}

type Moment = { wall: number; monotonic: number };

/** By two clocks: one that is set may go back, the other stands still while the machine sleeps. */
const now = (): Moment => ({ wall: Date.now(), monotonic: performance.now() });

function beginLife(from: Moment): Life & { prolong(from: Moment): void } {
  let last = from;
  return {
    isOver() {
      const { wall, monotonic } = now();
      return wall > last.wall + leaseMs || monotonic > last.monotonic + leaseMs;
    },
    prolong(later) {
      if (later.monotonic > last.monotonic) last = later;
    },
  };
}
