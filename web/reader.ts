/**
 * Reads the feed of the page: one stream by `fetch`, which can bear a token as `EventSource` cannot. A stream that is cut, refused or silent
 * is opened again from the last entry read, so that nothing is missed or read twice; entries are handed on once per frame, so that the
 * page never draws for a single one.
 */
import { createParser } from 'eventsource-parser';
import type { StreamState } from './page.ts';
import type { Entry } from './seen.ts';

/** How long a reader waits, and how many entries it hands on at once. */
export const readerPace = {
  firstRetryMs: 250,
  longestRetryMs: 4000,
  /** The server says something every 10 s at least. */
  silentAfterMs: 15_000,
  entriesPerFrame: 2000,
} as const;

/** What a reader is given. */
export type ReaderOptions = {
  /** Address that `events` is below. */
  base: string;
  token: () => string | null;
  /** From which entry on; from the present end where it is missing. */
  after?: number | undefined;
  /** Told where the first stream began. */
  onBegun?: (lastId: number) => void;
  onEntries: (entries: readonly Entry[]) => void;
  onState: (state: StreamState) => void;
  /** Calls back once, with the next frame. */
  onFrame: (callback: () => void) => void;
  pace?: Partial<Record<keyof typeof readerPace, number>>;
};

/** Reads while it goes; rests with its place kept, and reads on from there. */
export type Reader = { go(): void; rest(): void };

/** A reader that rests until it is told to go. */
export function createReader(options: ReaderOptions): Reader {
  const { base, token, onEntries, onState, onFrame } = options;
  const pace = { ...readerPace, ...options.pace };
  let lastId = options.after;
  let reading: AbortController | undefined;
  let waiting: Entry[] = [];
  let isFrameAsked = false;
  let state: StreamState = 'connecting';

  return {
    go() {
      if (reading) return;
      reading = new AbortController();
      void readOn(reading.signal);
      if (waiting.length > 0) askFrame();
    },
    rest() {
      reading?.abort();
      reading = undefined;
      say('paused');
    },
  };

  function say(next: StreamState): void {
    // Since when it is away counts from the first time that it was not there.
    if (state === next || (typeof state === 'object' && typeof next === 'object')) return;
    state = next;
    onState(next);
  }

  async function readOn(resting: AbortSignal): Promise<void> {
    let retryMs: number = pace.firstRetryMs;
    say('connecting');
    while (!resting.aborted) {
      await readStream(resting, () => (retryMs = pace.firstRetryMs)).catch(() => {});
      if (resting.aborted) return;
      say({ awaySinceMs: Date.now() });
      await pause(retryMs, resting);
      retryMs = Math.min(retryMs * 2, pace.longestRetryMs);
    }
  }

  /** Reads one stream to its end. Throws where there is none, or where it is silent. */
  async function readStream(resting: AbortSignal, onAlive: () => void): Promise<void> {
    const silent = new AbortController();
    const signal = AbortSignal.any([resting, silent.signal]);
    const heard = () => setTimeout(() => silent.abort(), pace.silentAfterMs);
    let deadline = heard();
    const bearer = token();
    try {
      const url = new URL('events', base);
      const response = await fetch(url, {
        signal,
        headers: {
          accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'last-event-id': String(lastId) }),
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        },
      });
      if (!response.ok || !response.body) throw new Error(`it was answered ${response.status}`);
      const begun = response.headers.get('last-event-id');
      if (begun !== null && lastId !== Number(begun)) {
        lastId = Number(begun);
        options.onBegun?.(lastId);
      }
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          if (event === 'step') take(JSON.parse(data) as Entry);
          if (id !== undefined) lastId = Number(id);
        },
      });
      const text = new TextDecoder();
      const body = response.body.getReader();
      for (let read = await body.read(); !read.done; read = await body.read()) {
        clearTimeout(deadline);
        deadline = heard();
        onAlive();
        parser.feed(text.decode(read.value, { stream: true }));
        if (waiting.length === 0) say('live');
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  function take(entry: Entry): void {
    waiting.push(entry);
    askFrame();
  }

  function askFrame(): void {
    if (isFrameAsked) return;
    isFrameAsked = true;
    onFrame(() => {
      isFrameAsked = false;
      // Who rests has its place after what waits here: that is handed on once it goes.
      if (!reading) return;
      const entries = waiting.slice(0, pace.entriesPerFrame);
      waiting = waiting.slice(pace.entriesPerFrame);
      onEntries(entries);
      if (waiting.length > 0) askFrame();
      say(waiting.length > 0 ? 'catching up' : 'live');
    });
  }
}

/** Resolves after so long, or at once when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
