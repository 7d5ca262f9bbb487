/**
 * A log as a transport. Events stay where they are, those of a partition in one order, and each service remembers
 * how far it has read: what was there before a service came is read by it as if it had been told just now.
 */
import { statement, type Database } from '../../../adapters/postgres.ts';
import type { Features, OnProblem, Publish, SetAside, Transport } from '../../transport.ts';
import { openReader, type Reader } from './reader.ts';

// Cost 4 (streams): what was written stays. An address and a link can be read for 30 days by all that may read the
// log, and nothing can be taken out of it.

// Cost 5 (streams): the number of partitions is for ever, as with another one an event would have another place. As
// many processes of a service can share its work, and no more.
export const partitions = 4;

/** What a log has to be able to. Which partitions are this process's is for it to find out. */
export type Log = {
  publish: Publish;
  /** Starts to read as one of the processes of its service; called once at most. Resolves at once. */
  read(reader: Reader): void | Promise<void>;
  /** By partition, the number of the record that comes next. Rejects while it cannot be known. */
  ends(): Promise<readonly number[]>;
  isConnected(): boolean;
  /** Reads nothing further. The partitions stay this process's until `close`. */
  stopReading(): Promise<void>;
  close(): Promise<void>;
};

/** Opens a log for a process of a service. Resolves at once, and reconnects for ever. */
export type OpenLog = (options: { service: string; onProblem: OnProblem }) => Promise<Log>;

/** A log, and its name in the tables of a service. */
export type NamedLog = { name: string; open: OpenLog };

/** Enough to be busy, few enough to be repeated after a crash. */
const inHandAtMost = 100;

const features: Features = {
  remembersThePast: true,
  keepsOrder: true,
  keepsUnrouted: false,
  setsAsideWithService: true,
  inHandAtMost,
};

const countAside = statement<{ records: number; passed: number; missed: number; remade: number }>(
  'count-aside',
  `select (select count(*) from set_aside where log = $1)::float8 as records, coalesce(sum(next), 0)::float8 as passed,
          coalesce(sum(missed), 0)::float8 as missed, coalesce(sum(remade), 0)::float8 as remade
   from positions where log = $1`,
);

/** The transport over the log of that `name`. Positions are kept in the service's own `database`. */
export function overLog(options: NamedLog & { database: Database }): Transport {
  const { name, database, open } = options;
  return {
    features,
    async open({ service, log }) {
      const onProblem = (problem: string, error: Error) => log.warn({ reason: error.message }, problem);
      const opened = await open({ service, onProblem });
      let reading: ReturnType<typeof openReader> | undefined;
      return {
        publish: opened.publish,
        async listen(listener) {
          reading = openReader({ name, database, listener, inHandAtMost, log });
          await opened.read(reading.reader);
        },
        isConnected: opened.isConnected,
        async setAside() {
          // A process that only tells leaves the counting to those that read.
          if (!reading) return { deadLetters: new Map() };
          return setAsideOf(service, { name, database });
        },
        async written() {
          return (await opened.ends()).reduce((sum, end) => sum + end, 0);
        },
        async alongside(transaction, settled) {
          await reading?.alongside(transaction, settled);
        },
        async drain(withinMs) {
          const finished = reading?.finish(withinMs);
          await Promise.all([opened.stopReading(), finished]);
        },
        async close() {
          reading?.stop();
          await opened.close();
        },
      };
    },
  };
}

/** The name of the place where unreadable records of a log are kept, as rows of a service. */
export function placeAside(service: string, log: string): string {
  return `${service}.${log}.set-aside`;
}

/** What a service has set aside of the log of that `name`, how much was gone before it was read, and how often all was. */
export async function setAsideOf(
  service: string,
  { name, database }: { name: string; database: Database },
): Promise<SetAside> {
  const [row] = await countAside(database, name);
  const { records, passed, missed, remade } = row!;
  return { deadLetters: new Map([[placeAside(service, name), records]]), passed, missed, remade };
}
