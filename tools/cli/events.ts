/**
 * The feed of `GET /events`, for as long as somebody wants it: a connection that ends is made again, and goes on after the
 * last event that came.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';
import { pause } from '../../adapters/waiting.ts';
import { below } from '../../domain/addresses.ts';
import { observedKinds } from '../../domain/history.ts';
import { styles } from '../../domain/signup.ts';
import { ask, asOperator, Refused, understood, Unreachable } from './api.ts';
import { Failure } from './program.ts';

/** What the feed tells of a step. */
export const StepEvent = z.object({
  id: z.union([z.string(), z.number()]),
  signupId: z.string(),
  style: z.enum(styles),
  step: z.string(),
  kind: z.enum(observedKinds),
  attempts: z.int(),
  detail: z.string().nullable(),
  at: z.string(),
  notedAt: z.string(),
});
export type StepEvent = z.infer<typeof StepEvent>;

const againAfterMs = { first: 250, longest: 5000 };

/**
 * The events after position `after`, or from now on, until `signal`. `lost` is told why each time the connection is lost.
 * The first connection must succeed; what the API refuses is an error at any time.
 */
export async function* events(
  base: string,
  options: { after: number | undefined; signal: AbortSignal; lost: (reason: string) => void },
): AsyncGenerator<StepEvent> {
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
        yield understood(StepEvent, data, url);
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
