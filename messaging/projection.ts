/**
 * A projection reads a log in order and keeps what it makes of it in tables that nothing else writes. A batch and its
 * position are one transaction, so a record counts once, whenever the process dies; emptied and with its position at
 * the beginning, the tables come out the same again. It sends nothing, so it needs neither inbox nor outbox.
 */
import type { Logger } from 'pino';
import { DatabaseUnavailable, inTransaction, type Database, type Queryable } from '../adapters/postgres.ts';
import { readEnvelopes, type Envelope } from '../domain/envelope.ts';
import { beginTurns } from './transports/log/beginning.ts';
import type { Reader, Reading } from './transports/log/reader.ts';
import { openPositions, type Place, type Turn } from './transports/log/positions.ts';

type LogRecord = Place & { content: string };

/** More records than this are not held in memory. */
const batchSize = 500;

/** The reader of a projection over the log of that `name`. `apply` takes events in the order of their partition. */
export function openProjection(options: {
  name: string;
  database: Database;
  apply: (transaction: Queryable, events: readonly Envelope[]) => Promise<void>;
  log: Logger;
}): { reader: Reader; fault: () => Error | undefined; stop: () => void } {
  const { name, database, apply, log } = options;
  const positions = openPositions(database, name);
  const stopping = new AbortController();
  let fault: Error | undefined;
  positions.watch(stopping.signal);
  return {
    reader: {
      async begin(partitions, lookUp) {
        const turns = await beginTurns(partitions, lookUp, { positions, name, log });
        return turns.map(readingOf);
      },
    },
    fault: () => fault,
    stop: () => stopping.abort(),
  };

  function readingOf(turn: Turn): Reading {
    const signal = AbortSignal.any([turn.over.signal, stopping.signal]);
    let waiting: LogRecord[] = [];
    let working: Promise<void> | undefined;
    return {
      partition: turn.partition,
      from: turn.next,
      over: turn.over.signal,
      async take(offset, content) {
        if (offset < turn.next || isClosed()) return;
        waiting.push({ turn, offset, content });
        positions.take({ turn, offset }, 1);
        working ??= workOff().finally(() => (working = undefined));
        if (waiting.length >= batchSize) await working;
      },
      async leave() {
        turn.over.abort();
        await working;
      },
    };

    async function workOff(): Promise<void> {
      while (waiting.length > 0 && !isClosed()) {
        const batch = waiting;
        waiting = [];
        await applyAll(batch);
      }
    }

    /**
     * Where the database does not answer, a batch may be committed or not: the next turn begins at the position that tells. What
     * else fails stops the projection: to go on would be to miscount.
     */
    async function applyAll(batch: readonly LogRecord[]): Promise<void> {
      try {
        await inTransaction(database, (transaction) => applyTo(transaction, batch));
        for (const place of batch) positions.done(place);
      } catch (error) {
        if (error instanceof DatabaseUnavailable) turn.over.abort();
        if (signal.aborted) return;
        fault = error as Error;
        log.fatal({ err: error, log: name, partition: turn.partition }, 'the projection has stopped');
      }
    }

    function isClosed(): boolean {
      return signal.aborted || fault !== undefined;
    }
  }

  async function applyTo(transaction: Queryable, batch: readonly LogRecord[]): Promise<void> {
    // First, as it keeps out whoever moves the position meanwhile.
    await positions.write(transaction, batch);
    batch[0]!.turn.over.signal.throwIfAborted();
    const events: Envelope[] = [];
    for (const record of batch) {
      const { readable, unreadable } = readEnvelopes(record.content);
      events.push(...readable);
      for (const { message } of unreadable)
        await positions.setAside(transaction, record, record.content, message);
    }
    await apply(transaction, events);
  }
}
