/**
 * A service's care for its own part of the topology. It looks every few seconds whether its queues and
 * bindings are as it left them; what is gone, or new, it makes, and it asks for what it may have missed.
 * Producers answer from their outboxes: a producer cannot see that a queue was missing, and need not know its
 * listeners. So services may start in any order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { statement, type Database } from '../../../adapters/postgres.ts';
import { every } from '../../../adapters/waiting.ts';
import type { AskAgain, OnProblem, Subscription } from '../../transport.ts';
import type { Connection } from '../rabbitmq/connection.ts';
import type { Consumer } from './consumer.ts';
import { isMarked, setMark, waitingIn } from './topology.ts';

// Cost 10 (choreography): what reaches whom is spread over a broker, and can be lost there while nothing
// fails. Each service notes what it listens to, looks after it and asks again; a workflow's server has one
// database, and nothing to look after.

type Noted = { is_known: boolean; seen_at: string };

const selectSeen = statement<Noted>(
  'select-seen',
  'select $1::text[] <@ bindings as is_known, seen_at from topology',
);
// Of two versions side by side each knows its own bindings, and neither may forget those of the other.
const noteSeen = statement(
  'note-seen',
  `insert into topology (bindings, seen_at) values ($1, now())
   on conflict (is_only) do update
     set seen_at = now(),
         bindings = case when excluded.bindings <@ topology.bindings then topology.bindings
                         else topology.bindings || excluded.bindings end`,
);

const lookEveryMs = 3000;

/**
 * A binding that was taken away alone cannot be told from one that is there: all are made again now and then.
 */
const mendEveryLooks = 20;

/** Longer than a message is in hand that gets lost, and longer than two clocks differ. */
const marginMs = 5 * 60 * 1000;

export type Upkeep = { stop(withinMs: number): Promise<void> };

/** Starts to look after the queues and bindings of a service. */
export function startUpkeep(options: {
  service: string;
  subscriptions: readonly Subscription[];
  database: Database;
  publisher: Connection;
  consumer: Consumer;
  askAgain: AskAgain;
  onProblem: OnProblem;
}): Upkeep {
  const { service, subscriptions, database, publisher, consumer, askAgain, onProblem } = options;
  const bindings = subscriptions.flatMap(({ queue, on }) => on.map((key) => `${queue} ${key}`));
  const keys = [...new Set(subscriptions.flatMap(({ on }) => on))];
  const stopping = new AbortController();
  let looks = 0;
  const working = every(lookEveryMs, work, stopping.signal);
  return {
    async stop(withinMs) {
      stopping.abort();
      // A look at a broker that does not answer ends with its connection.
      await Promise.race([working, delay(withinMs, undefined, { ref: false })]);
    },
  };

  async function work(): Promise<void> {
    looks += 1;
    await mendIfBroken().catch((error: unknown) => onProblem('the topology is not whole', error as Error));
  }

  async function mendIfBroken(): Promise<void> {
    const [publishing, consuming] = [publisher.current(), consumer.current()];
    // Once both are connected again, the mark tells what became of the broker meanwhile.
    if (!publishing || !consuming) return;
    const waiting = await waitingIn(consuming, service, subscriptions);
    if (waiting === undefined || looks % mendEveryLooks === 0) await consumer.mend();
    const isWhole = await isMarked(publishing, service);
    const [noted] = await selectSeen(database, bindings);
    if (isWhole && noted?.is_known) {
      // What waits may still be lost with its queue.
      if (waiting === 0) await noteSeen(database, bindings);
      return;
    }
    await consumer.mend();
    await askAgain({ keys, since: sinceOf(noted) });
    // Not before the question is kept; asked twice, it is answered twice, and the answers are known by their
    // ids.
    await noteSeen(database, bindings);
    await setMark(consuming, service);
  }
}

/** Since when events may have been missed; ever, where nothing was seen before. */
function sinceOf(noted: Noted | undefined): string | undefined {
  return noted && new Date(Date.parse(noted.seen_at) - marginMs).toISOString();
}
