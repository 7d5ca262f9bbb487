/**
 * Works off what is due in a service's rows: deliveries whose next attempt has come, and timers. Each is
 * claimed, so that no two processes of the service take the same one. What an attempt is, `inbox.ts` says.
 */
import type { Database } from '../adapters/postgres.ts';
import { every, pause } from '../adapters/waiting.ts';
import { claimDue, isAnythingDue, keyOf, type Delivery } from './deliveries.ts';
import type { Reaction } from './reactions.ts';
import { takeDueTimers } from './timers.ts';

/** How many deliveries, and how many timers, are claimed together at most. */
const dueAtOnce = 50;

/** How many deliveries that were due are worked on side by side at most. */
const maximumUnderWay = 200;

/** How long a delivery that could be neither done nor postponed is left alone. */
const leaveAloneMs = 1000;

/** The pause after a look: short where something was due, as more is likely to follow; otherwise it grows. */
const pollAgainMs = 20;
const pollEveryMs = 500;

/**
 * Starts to claim what is due on the queues of these reactions, and to attempt each, until `signal` is
 * aborted.
 */
export function workOffDue(options: {
  service: string;
  database: Database;
  instance: string;
  reactions: readonly Pick<Reaction, 'queue' | 'timers'>[];
  attempt: (delivery: Delivery) => Promise<void>;
  signal: AbortSignal;
}): { finished(): Promise<void> } {
  const { service, database, instance, reactions, attempt, signal } = options;
  // A process of the service that plays no reactions, such as the api, leaves what is due to those that do.
  const queues = reactions.map(({ queue }) => queue);
  const queueOf = new Map(reactions.flatMap(({ queue, timers = [] }) => timers.map((name) => [name, queue])));
  const underWay = new Map<string, Promise<void>>();
  let pauseMs = pollEveryMs;
  const polling = queues.length > 0 ? every(pollEveryMs, startAttempts, signal) : undefined;

  return {
    async finished() {
      await Promise.all([polling, ...underWay.values()]);
    },
  };

  /** Starts attempts at what is due. Returns how long to wait before the next look. */
  async function startAttempts(): Promise<number> {
    const due = await takeDue().catch(() => []);
    for (const delivery of due) {
      const key = keyOf(delivery);
      const work = attempt({ ...delivery, attempts: delivery.attempts + 1 }).catch(() =>
        pause(leaveAloneMs, signal),
      );
      underWay.set(key, work);
      // A delivery that could be neither done nor postponed keeps its claim, and is claimed again.
      // One that was postponed may be claimed again before its attempt has heard of that: the key is the next one's by then.
      void work.finally(() => underWay.get(key) === work && underWay.delete(key));
    }
    if (underWay.size >= maximumUnderWay) await Promise.race(underWay.values());
    if (due.length >= dueAtOnce) return 0;
    pauseMs = due.length > 0 ? pollAgainMs : Math.min(2 * pauseMs, pollEveryMs);
    return pauseMs;
  }

  async function takeDue(): Promise<Delivery[]> {
    const limit = dueAtOnce;
    const inHand = [...underWay.keys()];
    if (!(await isAnythingDue(database, { instance, queues, inHand, timers: [...queueOf.keys()] })))
      return [];
    const due = await claimDue(database, { instance, queues, inHand, limit });
    if (queueOf.size > 0) due.push(...(await takeDueTimers(database, { instance, service, queueOf, limit })));
    return due;
  }
}
