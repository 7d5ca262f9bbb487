/**
 * A service's care for its own part of the topology. It looks every few seconds whether its queues and bindings are as it left them;
 * what is gone, or new, it makes, and asks for what it may have missed (`retell.requested`). Producers answer from their outboxes: they
 * cannot see that a queue was missing, and need not know who listens. So nobody has to be started first.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { statement, type Database } from '../../adapters/postgres.ts';
import { noSignup, type EventKey } from '../../domain/events.ts';
import type { Broker } from './rabbitmq-broker.ts';
import { tell, type Relay, type Transaction } from '../outbox.ts';
import type { Style } from '../../domain/signup.ts';
import { isMarked, setMark, waitingIn } from './rabbitmq-topology.ts';

// Cost 10 (choreography): what reaches whom is spread over a broker, and can be lost there without anybody's failing. Each service
// notes what it listens to, looks after it and asks again; a workflow's server has one database, and nothing to look after.

/** What a service listens to. */
type Listening = { queue: string; on: readonly EventKey[] };

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

/** A binding that was taken away alone cannot be told from one that is there: all are made again now and then. */
const mendEveryLooks = 20;

/** A message in hand when all was last well may have taken so long to be lost; clocks of two databases differ less. */
const marginMs = 5 * 60 * 1000;

export type Upkeep = { stop(withinMs: number): Promise<void> };

/** Starts to look after the queues and bindings of a service. */
export function startUpkeep(options: {
  service: string;
  /** The style whose events go this way. */
  style: Style;
  listening: readonly Listening[];
  database: Database;
  broker: Broker;
  transaction: Relay['transaction'];
  onProblem: (problem: string, error: Error) => void;
  onAsked: (since: string | undefined) => void;
}): Upkeep {
  const { service, style, listening, database, broker, transaction, onProblem, onAsked } = options;
  const bindings = listening.flatMap(({ queue, on }) => on.map((key) => `${queue} ${key}`));
  const keys = [...new Set(listening.flatMap(({ on }) => on))];
  const stopping = new AbortController();
  const working = work();
  return {
    async stop(withinMs) {
      stopping.abort();
      // A look at a broker that does not answer ends with its connection.
      await Promise.race([working, delay(withinMs, undefined, { ref: false })]);
    },
  };

  async function work(): Promise<void> {
    for (let looks = 1; !stopping.signal.aborted; looks += 1) {
      await look(looks).catch((error: unknown) => onProblem('the topology is not whole', error as Error));
      await delay(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function look(looks: number): Promise<void> {
    const connections = broker.connections();
    // Once there is a connection again, the mark tells what became of the broker meanwhile.
    if (!connections) return;
    const { publishing, consuming } = connections;
    const waiting = await waitingIn(consuming, service, listening);
    if (waiting === undefined || looks % mendEveryLooks === 0) await broker.mend();
    const isWhole = await isMarked(publishing, service);
    const [noted] = await selectSeen(database, bindings);
    if (isWhole && noted?.is_known) {
      // What waits may still be lost with its queue.
      if (waiting === 0) await noteSeen(database, bindings);
      return;
    }
    await broker.mend();
    await transaction((underWay) => ask(underWay, noted));
    // Not before what was asked for is safe.
    await setMark(consuming, service);
  }

  async function ask(underWay: Transaction, noted: Noted | undefined): Promise<void> {
    const since = noted && new Date(Date.parse(noted.seen_at) - marginMs).toISOString();
    // Each time that something is found to be gone is a fact of its own, so each gets an id of its own.
    const about = { source: `/${service}`, style, signupId: noSignup, id: randomUUID() };
    const time = new Date().toISOString();
    tell(underWay, { ...about, time }, [{ type: 'retell.requested', data: { keys, since } }]);
    await noteSeen(underWay, bindings);
    onAsked(since);
  }
}
