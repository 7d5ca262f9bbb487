/** A listener to `GET /events`, as a browser or `curl` is one: it keeps what came, and can stop taking it. */
import { strict as assert } from 'node:assert';
import { get, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { FeedEntry } from '../../domain/tracked.ts';
import { theStack } from '../stack.ts';

export type Listener = {
  entries: FeedEntry[];
  comments: string[];
  retryMs: number | undefined;
  headers: IncomingMessage['headers'];
  /** Whether the stream has ended, by whichever side. */
  hasEnded: boolean;
  /** Stops or goes on to take what is sent. */
  pause(): void;
  resume(): void;
  leave(): void;
};

/** Listens to the feed after a position, or from the present end; fails where the answer is not a stream. */
export function listen(
  { after, query = '' }: { after?: number; query?: string } = {},
  url = theStack().urls.api,
): Promise<Listener> {
  const headers = after === undefined ? {} : { 'last-event-id': String(after) };
  return new Promise((resolve, reject) => {
    const asking = get(new URL(`/events${query}`, url), { headers, agent: false }, (stream) => {
      if (stream.statusCode !== 200) {
        stream.resume();
        reject(new Error(`GET /events answered ${stream.statusCode}`));
        return;
      }
      const listener: Listener = {
        entries: [],
        comments: [],
        retryMs: undefined,
        headers: stream.headers,
        hasEnded: false,
        pause: () => void stream.pause(),
        resume: () => void stream.resume(),
        leave: () => void asking.destroy(),
      };
      const parser = createParser({
        onEvent({ id, event, data }) {
          assert.equal(event, 'step');
          const entry = FeedEntry.parse(JSON.parse(data));
          assert.equal(id, String(entry.id));
          listener.entries.push(entry);
        },
        onComment: (comment) => void listener.comments.push(comment),
        onRetry: (retryMs) => (listener.retryMs = retryMs),
      });
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => parser.feed(text));
      stream.on('error', () => {});
      stream.on('close', () => (listener.hasEnded = true));
      resolve(listener);
    });
    asking.on('error', reject);
  });
}

/** Fails where a position is missing or comes twice. */
export function assertWithoutGap(entries: readonly FeedEntry[], after?: number): void {
  const ids = entries.map(({ id }) => id);
  const first = after === undefined ? (ids[0] ?? 0) : after + 1;
  assert.deepEqual(
    ids,
    ids.map((_, index) => first + index),
  );
}
