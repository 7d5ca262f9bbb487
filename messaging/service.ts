/** A service of the chain, put together: its queues, its inbox, its outbox and the connection between them. */
import type { Logger } from 'pino';
import type { Database } from '../adapters/postgres.ts';
import { readEnvelope, UnreadableEvent, type Envelope } from '../domain/events.ts';
import type { RetryPolicy } from '../domain/process.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { openBroker } from './broker.ts';
import { openInbox, type Reaction } from './inbox.ts';
import { startRelay, type Relay } from './outbox.ts';
import { deadLettersOf, eventExchange, observationExchange, unrouted } from './topology.ts';

export type ChainService = {
  /** Something was told in a transaction that is now committed: publish it at once. */
  published(): void;
  isConnected(): boolean;
  /** What waits in this service's own rows. Rejects while its database is away. */
  backlog(): Promise<Backlog>;
  /** The messages nobody takes: dead letters of this service by queue, and what is unrouted. Rejects while the broker is away. */
  setAside(): Promise<Map<string, number>>;
  /** Tells those who watch what was observed of the other style, once and without a promise: a lost one harms nobody. */
  observed(observation: Envelope): void;
  /** Stops in order: no new messages, those in hand finished, what they told published. */
  stop(): Promise<void>;
};

const finishWithinMs = 4000;

/** Starts a service's part of the chain. `reactions` may be empty: a process that only tells, and relays what it told. */
export async function startChainService(options: {
  service: string;
  database: Database;
  instance: string;
  amqpUrl: string;
  reactions: readonly Reaction[];
  retry: RetryPolicy;
  /** Called with the name of a step that faulted and will be tried again. */
  onRetry: (step: string) => void;
  log: Logger;
}): Promise<ChainService> {
  const { service, database, instance, amqpUrl, reactions, retry, onRetry, log } = options;
  let relay: Relay | undefined;
  const inbox = openInbox({
    service,
    database,
    instance,
    reactions,
    retry,
    committed: () => relay?.wake(),
    onFault(fault, { queue, step, signupId, attempt, parked }) {
      log.warn({ queue, signupId, attempt, fault: fault.message }, parked ? 'parked' : 'to be tried again');
      if (!parked) onRetry(step);
    },
  });
  const broker = await openBroker({
    url: amqpUrl,
    service,
    subscriptions: reactions,
    receive: async (queue, content) => {
      try {
        await inbox.receive(queue, readEnvelope(content));
        return 'keep';
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error;
        log.error({ queue, reason: error.message }, 'set a message aside that cannot be read');
        return 'set-aside';
      }
    },
    onProblem: (problem, error) => log.warn({ reason: error.message }, problem),
  });
  relay = startRelay(database, (envelope) => broker.publish(eventExchange, envelope));
  return {
    published: relay.wake,
    isConnected: broker.isConnected,
    backlog: () => readBacklog(database),
    setAside: () => broker.depths([...reactions.map(({ queue }) => deadLettersOf(queue)), unrouted]),
    observed: (observation) => void broker.publish(observationExchange, observation).catch(() => {}),
    async stop() {
      await inbox.stop(finishWithinMs);
      await broker.drain(finishWithinMs);
      await relay.stop();
      await broker.close();
    },
  };
}
