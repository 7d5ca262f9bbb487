/**
 * The feed as a stream, to many readers from one poll. A reader that comes in, or falls behind, reads up to
 * the end by itself, as fast as it takes what it is sent; from there on all are sent what the shared poll
 * finds. Each has its position, so none misses or gets anything twice; what is lost with a connection or this
 * process is read again from the last id that the reader names. At most a batch is kept for a reader, and one
 * that takes nothing is dropped.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { FeedEntry, FeedSource } from '../domain/tracked.ts';
import { Problem } from './problems.ts';

export type Feed = {
  /** Streams what comes after a position, or after the present end. Throws a 503 problem, or `Unavailable`. */
  stream(request: Request, response: Response, after: number | undefined): Promise<void>;
  readers(): number;
  /** Ends all streams, and takes no further ones. */
  stop(): void;
};

type Reader = { response: Response; position: number; gone: AbortController };

const maximumReaders = 200;
const pollEveryMs = 150;
const heartbeatEveryMs = 10_000;
const batchSize = 200;

/** A reader that takes nothing for so long is dropped. */
const stalledAfterMs = 10_000;

/** Opens the feed. It asks its source for nothing while it has no reader. */
export function openFeed(source: FeedSource): Feed {
  const all = new Set<Reader>();
  /** Those that have read up to `head`, and are given what the poll finds after it. */
  const live = new Set<Reader>();
  let head = 0;
  let polling = false;
  let stopped = false;

  return {
    async stream(request, response, after) {
      const end = await source.end();
      if (stopped || all.size >= maximumReaders)
        throw new Problem('unavailable', 'There are too many readers at the moment.');
      // A position from before the database was made anew is one that has not come yet.
      const position = Math.min(after ?? end, end);
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        // A reader that is cut off before its first entry reads on from where it began.
        'last-event-id': String(position),
        // A proxy must hand on each event as it comes.
        'x-accel-buffering': 'no',
        connection: 'close',
      });
      if (request.method === 'HEAD') return void response.end();
      // The reader left while the end was looked up: its connection is closed already.
      if (response.destroyed) return;
      response.write('retry: 1000\n\n');
      await catchUp(addReader(response, position));
    },
    readers: () => all.size,
    stop() {
      stopped = true;
      live.clear();
      for (const { response, gone } of all) {
        gone.abort();
        if (response.writableNeedDrain) response.destroy();
        else response.end();
      }
    },
  };

  function addReader(response: Response, position: number): Reader {
    const reader = { response, position, gone: new AbortController() };
    all.add(reader);
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': heartbeat\n\n');
    }, heartbeatEveryMs);
    response.on('error', () => {});
    response.on('close', () => {
      clearInterval(heartbeat);
      reader.gone.abort();
      all.delete(reader);
      live.delete(reader);
    });
    reader.gone.signal.addEventListener('abort', () => clearInterval(heartbeat));
    return reader;
  }

  async function catchUp(reader: Reader): Promise<void> {
    const { response, gone } = reader;
    while (!gone.signal.aborted) {
      if (response.writableNeedDrain) {
        const stalled = setTimeout(() => response.destroy(), stalledAfterMs);
        await once(response, 'drain', { signal: gone.signal }).catch(() => {});
        clearTimeout(stalled);
      }
      const entries = await entriesAfter(reader.position);
      if (gone.signal.aborted) return;
      send(reader, entries ?? []);
      if (entries && entries.length < batchSize) {
        if (live.size === 0) head = reader.position;
        if (reader.position >= head) {
          live.add(reader);
          void poll();
          return;
        }
      }
      if (!entries) await delay(pollEveryMs);
    }
  }

  async function poll(): Promise<void> {
    if (polling) return;
    polling = true;
    while (live.size > 0) {
      const from = head;
      const entries = await entriesAfter(from);
      // All that were live may have left meanwhile, and one with another position may have come in.
      if (entries && head === from) {
        for (const reader of live) {
          // Nothing is kept for a reader that does not keep up: it goes on from its position, at its pace.
          if (reader.response.writableNeedDrain) {
            live.delete(reader);
            void catchUp(reader);
          } else {
            send(reader, entries);
          }
        }
        head = entries.at(-1)?.id ?? head;
      }
      if (entries?.length !== batchSize) await delay(pollEveryMs);
    }
    polling = false;
  }

  /** Undefined while the database is away: it comes back, and the readers are still there. */
  function entriesAfter(position: number): Promise<FeedEntry[] | undefined> {
    return source.after(position, batchSize).catch(() => undefined);
  }
}

function send(reader: Reader, entries: readonly FeedEntry[]): void {
  const unseen = entries.filter(({ id }) => id > reader.position);
  if (unseen.length === 0) return;
  reader.position = unseen.at(-1)?.id ?? reader.position;
  reader.response.write(unseen.map(asEvent).join(''));
}

function asEvent(entry: FeedEntry): string {
  return `id: ${entry.id}\nevent: step\ndata: ${JSON.stringify(entry)}\n\n`;
}
