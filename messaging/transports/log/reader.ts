/**
 * How a service reads a log. A record is passed once every reaction that listens to it has kept what became of
 * it: done, waiting for its next attempt, or parked. Of one signup a reaction hears in the order of the log; what
 * it makes of that goes on side by side. What cannot be read becomes a row, and is passed.
 */
import type { Logger } from 'pino';
import { inTransaction, type Database, type Queryable } from '../../../adapters/postgres.ts';
import { pause } from '../../../adapters/waiting.ts';
import { readEnvelopes, type Envelope } from '../../../domain/envelope.ts';
import { keyOf } from '../../../domain/events.ts';
import type { Listener } from '../../transport.ts';
import { beginTurns, isTooOld, keptDays, type LookUp } from './beginning.ts';
import { openChanges } from './changes.ts';
import { openPositions, type Place, type Turn } from './positions.ts';

// Cost 2 (streams): an event that is tried again comes after those that followed it; otherwise its partition would
// wait for it. A queue, which promises no order, has no such choice to make.

// Cost 3 (streams): every service reads every event, also those that none of its reactions listens to. A broker
// with queues sorts them out before they are sent.

/** A partition that is read. */
export type Reading = {
  partition: number;
  /** The first record to be taken. */
  from: number;
  /** Takes a record; those of a partition come one after the other. Resolves once there is room for the next. */
  take(offset: number, content: string): Promise<void>;
  /** Aborted once nothing more is to be taken. While the partition is this process's, it is to be begun again. */
  over: AbortSignal;
  /** Takes nothing further. Resolves once what is in hand is finished, or with its patience at an end. */
  leave(): Promise<void>;
};

/** Reads a log for a service. */
export type Reader = {
  /**
   * Begins to read these partitions, and ends what any process of the service was reading of them. A log that was made
   * anew or has lost its beginning is known by its extents. Rejects while the database is away.
   */
  begin(partitions: readonly number[], lookUp: LookUp): Promise<Reading[]>;
};

/** A delivery as the inbox knows it. */
type Delivered = { queue: string; message_id: string };

/** What was not taken is tried again after 1 s, then 2, 4 and so on. */
const againAfterMs = { first: 1000, most: 60_000 };

/** A partition that is given up is not waited for longer, as others wait for it. */
const leaveWithinMs = 2000;

/** Longer than two clocks differ. */
const marginMs = 5 * 60 * 1000;

/** Opens the reader of the log of that `name`, which has at most so many records in hand. */
export function openReader(options: {
  name: string;
  database: Database;
  listener: Listener;
  inHandAtMost: number;
  log: Logger;
}) {
  const { name, database, listener, inHandAtMost, log } = options;
  const { subscriptions, receive, askAgain } = listener;
  const keys = [...new Set(subscriptions.flatMap(({ on }) => on))];
  const stopping = new AbortController();
  const positions = openPositions(database, name);
  positions.watch(stopping.signal);
  const places = new Map<string, Place>();
  const readings = new Set<AbortController>();
  const { changed, nextChange, whenSoWithin } = openChanges();
  const reader: Reader = { begin };

  return {
    reader,
    /** Writes how far the service has come, in the transaction that settles these deliveries. */
    async alongside(transaction: Queryable, settled: readonly Delivered[]): Promise<void> {
      // A copy is in a place of its own, which counts once.
      const passed = [...new Set(settled.map(idOf))].flatMap((id) => places.get(id) ?? []);
      if (passed.length > 0) await positions.write(transaction, passed);
    },
    /** Takes nothing further, and finishes what is in hand, at most `withinMs`. */
    async finish(withinMs: number): Promise<void> {
      stopping.abort();
      changed();
      await whenSoWithin(withinMs, () => positions.inHand() === 0);
      await positions.flush().catch(() => {});
    },
    /** Gives up what is in hand: it comes again. */
    stop(): void {
      stopping.abort();
      for (const over of readings) over.abort();
    },
  };

  async function begin(partitions: readonly number[], lookUp: LookUp): Promise<Reading[]> {
    const turns = await beginTurns(partitions, lookUp, {
      positions,
      name,
      log,
      // Not after the move: asked twice, it is answered twice, and the answers are known by their ids.
      onRemade: (remade) => askAgain({ keys, since: sinceOf(remade) }),
    });
    return turns.map(readingOf);
  }

  function readingOf(turn: Turn): Reading {
    const { partition, over, next: from } = turn;
    const heldUp = new Map<string, Promise<void>>();
    let isLeft = false;
    let hasPassedOld = false;
    readings.add(over);
    over.signal.addEventListener('abort', () => {
      readings.delete(over);
      changed();
    });
    return {
      partition,
      from,
      over: over.signal,
      async take(offset, content) {
        // A log may begin before the record that it was asked for.
        if (offset < turn.next) return;
        // Room that one partition finds another may have had a turn later: it is taken in the same.
        while (!isClosed() && positions.inHand() >= inHandAtMost) await nextChange();
        if (isClosed()) return;
        const { readable, unreadable } = readEnvelopes(content);
        const known = readable.filter((envelope) => !isTooOld(envelope));
        if (known.length < readable.length) passOld(offset);
        const heard = known.flatMap((envelope) => queuesOf(envelope).map((queue) => ({ queue, envelope })));
        const [error] = unreadable;
        const place = { turn, offset };
        positions.take(place, heard.length + (error ? 1 : 0));
        for (const { queue, envelope } of heard) react(place, queue, envelope);
        if (error) void untilDone(place, () => setAside(place, content, error));
      },
      async leave() {
        isLeft = true;
        changed();
        await whenSoWithin(leaveWithinMs, () => turn.inHand.size === 0 || over.signal.aborted);
        if (!over.signal.aborted) await positions.flush().catch(() => {});
        over.abort();
      },
    };

    function passOld(offset: number): void {
      if (!hasPassedOld) log.warn({ ...placeOf(turn), offset, keptDays }, 'passes records that are too old');
      hasPassedOld = true;
    }

    function isClosed(): boolean {
      return isLeft || over.signal.aborted || stopping.signal.aborted;
    }

    // Events of a signup that are in hand together may share a transaction, which keeps their order. One that could not
    // be taken holds up those that follow it.
    function react(place: Place, queue: string, envelope: Envelope): void {
      const order = `${queue} ${envelope.subject}`;
      const id = idOf({ queue, message_id: envelope.id });
      const work = (heldUp.get(order) ?? Promise.resolve()).then(() =>
        untilDone(place, async () => {
          places.set(id, place);
          try {
            await receive(queue, envelope);
          } catch (error) {
            heldUp.set(order, work);
            throw error;
          } finally {
            if (places.get(id) === place) places.delete(id);
          }
        }),
      );
      void work.then(() => heldUp.get(order) === work && heldUp.delete(order));
    }
  }

  /** Works on a record in hand until it is done, unless it is to come again anyhow. */
  async function untilDone(place: Place, work: () => Promise<void>): Promise<void> {
    const { signal } = place.turn.over;
    for (let ms = againAfterMs.first; !signal.aborted; ms = Math.min(2 * ms, againAfterMs.most)) {
      try {
        await work();
        positions.done(place);
        return changed();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ ...placeOf(place.turn), reason: (error as Error).message }, 'a record stays in hand');
        await pause(ms, signal);
      }
    }
  }

  async function setAside(place: Place, content: string, { message }: Error): Promise<void> {
    const { turn, offset } = place;
    log.error({ ...placeOf(turn), offset, reason: message }, 'set a record aside that cannot be read');
    await inTransaction(database, async (transaction) => {
      await positions.setAside(transaction, place, content, message);
      await positions.write(transaction, [place]);
    });
  }

  function queuesOf(envelope: Envelope): string[] {
    const key = keyOf(envelope);
    return subscriptions.filter(({ on }) => on.includes(key)).map(({ queue }) => queue);
  }

  function placeOf({ partition }: Turn) {
    return { log: name, partition };
  }
}

/** Since when events may have been missed; ever, where a position does not say when it was moved. */
function sinceOf(turns: readonly Turn[]): string | undefined {
  if (turns.some(({ movedAt }) => movedAt === null)) return undefined;
  const times = turns.map(({ movedAt }) => Date.parse(movedAt!));
  return new Date(Math.min(...times) - marginMs).toISOString();
}

const idOf = ({ queue, message_id: messageId }: Delivered) => `${queue} ${messageId}`;
