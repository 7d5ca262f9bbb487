/**
 * Counting by asking again and again, where nobody tells. How far the answers go is a position as that of a log, by
 * time: back at 0, all of them are asked for once more.
 */
import type { Database } from '../adapters/postgres.ts';
import { every } from '../adapters/waiting.ts';
import { openPositions, type Turn } from '../messaging/transports/log/positions.ts';
import { count, type Seen } from './counts.ts';

const askEveryMs = 2000;

/** Each time it is asked for what happened a while before, too: it may be found a little later, by another clock. */
const overlapMs = 30_000;

const pageSize = 200;

/** Starts to ask, until `stop`. `openAnswers` begins anew; what it returns is given the time since when, in milliseconds. */
export function startAsking(options: {
  name: string;
  database: Database;
  openAnswers: () => (sinceMs: number) => AsyncIterable<Seen>;
  onProblem: (error: Error) => void;
}): { stop: () => void } {
  const { name, database, openAnswers, onProblem } = options;
  const positions = openPositions(database, name);
  const stopping = new AbortController();
  let asking: { turn: Turn; answers: ReturnType<typeof openAnswers> } | undefined;
  let problem: string | undefined;
  void every(
    askEveryMs,
    async () => {
      try {
        await ask();
        problem = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== problem && !stopping.signal.aborted) onProblem(error as Error);
        problem = message;
      }
    },
    stopping.signal,
  );
  return { stop: () => stopping.abort() };

  async function ask(): Promise<void> {
    await positions.look();
    if (!asking || asking.turn.over.signal.aborted)
      asking = { turn: await positions.begin(0), answers: openAnswers() };
    const { turn, answers } = asking;
    const until = Date.now() - overlapMs;
    let page: Seen[] = [];
    for await (const seen of answers(turn.next)) {
      page.push(seen);
      if (page.length >= pageSize) await count(database, page.splice(0));
    }
    await count(database, page);
    // Counted twice, it comes to the same: the position may be behind, and is never ahead.
    positions.take({ turn, offset: until - 1 }, 0);
    await positions.flush();
  }
}
