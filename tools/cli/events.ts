/**
 * The feed of `GET /events`, for as long as somebody wants it: a connection that ends is made again, and goes on after the
 * last event that came.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { pause } from '../../adapters/waiting.ts';
import { below } from '../../domain/addresses.ts';
import { FeedEntry } from '../../domain/tracked.ts';
import { ask, asOperator, Refused, understood, Unreachable } from './api.ts';
import { Failure } from './program.ts';

const againAfterMs = { first: 250, longest: 5000 };

/**
 * The events after position `after`, or from now on, until `signal`. `lost` is told why each time the connection is lost.
 * The first connection must succeed; what the API refuses is an error at any time.
 */
export async function* events(
  base: string,
  options: { after: number | undefined; signal: AbortSignal; lost: (reason: string) => void },
): AsyncGenerator<FeedEntry> {
  const { after, signal, lost } = options;
  const url = below(base, '/events');
  if (after !== undefined) url.searchParams.set('after', String(after));
  let lastId: string | undefined;
  let connectedBefore = false;
  let pauseMs = againAfterMs.first;
  while (!signal.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...asOperator() };
      const resuming = lastId === undefined ? {} : { 'last-event-id': lastId };
      if (lastId !== undefined) url.searchParams.delete('after');
      const response = await ask(url, { headers: { ...headers, ...resuming } }, signal);
      connectedBefore = true;
      const messages = response
        .body!.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const { id, event, data } of messages) {
        pauseMs = againAfterMs.first;
        lastId = id ?? lastId;
        if (event !== 'step') continue;
        yield understood(FeedEntry, data, url);
      }
      lost('the API ended the feed');
    } catch (error) {
      if (signal.aborted) return;
      if (!connectedBefore || !isPassing(error)) throw error;
      lost(error instanceof Error ? error.message.split('\n')[0]! : String(error));
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, againAfterMs.longest);
  }
}

/** Whether the API may well answer again by itself. */
function isPassing(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500;
  return error instanceof Unreachable || !(error instanceof Failure);
}
