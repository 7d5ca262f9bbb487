/**
 * Who of a service's processes reads which partition, where the log does not share them out by itself. A process
 * holds a partition for as long as it is alive (`messaging/instance.ts`) and has no more than its fair share.
 */
import { statement, type Database } from '../../../adapters/postgres.ts';
import { partitions } from '../log/log.ts';

// Cost 1 (stream-rabbitmq): over AMQP a stream has no groups of readers, and keeps no positions for them. That takes
// two tables and a lease of ours, which a broker with consumer groups brings along.

const enterReader = statement(
  'enter-reader',
  `with places as (
     insert into positions (log, partition) select $1, generate_series(0, $3::int - 1) on conflict do nothing)
   insert into readers (log, instance) select $1, id from instances where id = $2 on conflict do nothing`,
);
const leaveReader = statement(
  'leave-reader',
  `with gone as (delete from readers where log = $1 and instance = $2)
   update positions set held_by = null where log = $1 and held_by = $2`,
);
// None is taken from a process that is alive: one with more than its share gives it up by itself.
const claimPartitions = statement<{ partition: number; share: number }>(
  'claim-partitions',
  `with alive as (
     select instance from readers join instances on id = instance where log = $1 and alive_until > now()),
   fair as (
     select ceil($3::float8 / count(*))::int as share from alive having bool_or(instance = $2)),
   free as (
     select partition from positions
     where log = $1 and (held_by is null or held_by not in (select instance from alive))
     order by partition
     limit coalesce((select greatest(0, share - (select count(*) from positions where log = $1 and held_by = $2))
                     from fair), 0)
     for update skip locked),
   taken as (
     update positions set held_by = $2 where log = $1 and partition in (select partition from free)
     returning partition)
   select partition, share from fair, taken
   union select partition, share from fair, positions where log = $1 and held_by = $2
   order by partition`,
);
const releasePartition = statement(
  'release-partition',
  'update positions set held_by = null where log = $1 and partition = $2 and held_by = $3',
);

/** The part of one process in the reading of a log. */
export type Shares = {
  /** Takes what is free, up to a fair share. Returns what this process holds, and what others wait for. */
  claim(): Promise<{ held: number[]; tooMany: number[] }>;
  release(partition: number): Promise<void>;
  /** Gives up all, until the next claim. */
  leave(): Promise<void>;
};

/** The part of the process `instance` of a service. Nothing is claimed yet. */
export function sharesOf(options: { name: string; database: Database; instance: string }): Shares {
  const { name, database, instance } = options;
  const claimed = () => claimPartitions(database, name, instance, partitions);
  return {
    async claim() {
      let rows = await claimed();
      if (rows.length === 0) {
        // It was never entered, or was taken for dead.
        await enterReader(database, name, instance, partitions);
        rows = await claimed();
      }
      const all = rows.map(({ partition }) => partition);
      const share = rows[0]?.share ?? 0;
      return { held: all.slice(0, share), tooMany: all.slice(share) };
    },
    async release(partition) {
      await releasePartition(database, name, partition, instance);
    },
    async leave() {
      await leaveReader(database, name, instance);
    },
  };
}
