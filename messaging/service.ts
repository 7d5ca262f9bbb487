/** A service of the chain, put together: its queues, its inbox, its outbox and the connection between them. */
import type { Logger } from 'pino';
import type { Database } from '../adapters/postgres.ts';
import { readEnvelopes } from '../domain/events.ts';
import type { RetryPolicy } from '../domain/process.ts';
import type { Style } from '../domain/signup.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { openBroker, type Broker } from './transports/rabbitmq-broker.ts';
import { removalsOfEveryService, startHousekeeping, type Removal } from './housekeeping.ts';
import { fromBroker, openInbox, type Reaction } from './inbox.ts';
import { startRelay, type Relay } from './outbox.ts';
import { deadLettersOf, eventExchange, unrouted } from './transports/rabbitmq-topology.ts';
import { startUpkeep } from './transports/rabbitmq-upkeep.ts';

export type ChainService = {
  /** Runs `work` in a transaction; what is told in it is published once it is committed. */
  transaction: Relay['transaction'];
  isConnected(): boolean;
  /** What waits in this service's own rows. Rejects while its database is away. */
  backlog(): Promise<Backlog>;
  /** The messages nobody takes: dead letters of this service by queue, and what is unrouted. Rejects while the broker is away. */
  setAside(): Promise<Map<string, number>>;
  /** Stops in order: no new messages, those in hand finished, what they told published. */
  stop(): Promise<void>;
};

const finishWithinMs = 4000;

/**
 * Starts a service's part of the chain. `reactions` may be empty: a process that only tells, and relays what it told.
 * `removals` are of what the service keeps besides, and no longer than its events.
 */
export async function startChainService<Steps>(options: {
  service: string;
  /** The style whose events go over this broker. */
  style: Style;
  database: Database;
  instance: string;
  amqpUrl: string;
  reactions: readonly Reaction<Steps>[];
  /** What the reactions take. */
  steps: Steps;
  removals?: readonly Removal[];
  retry: RetryPolicy;
  /** Called with style and name of a step that faulted and will be tried again. */
  onRetry: (style: Style, step: string) => void;
  log: Logger;
}): Promise<ChainService> {
  const {
    service,
    style,
    database,
    instance,
    amqpUrl,
    reactions,
    steps,
    removals = [],
    retry,
    onRetry,
    log,
  } = options;
  const subscriptions = fromBroker(reactions);
  let broker: Broker | undefined;
  const connected = () => {
    if (!broker) throw new Error('the broker is not connected');
    return broker;
  };
  const relay = startRelay(database, async (envelopes) => connected().publishBatch(eventExchange, envelopes));
  const inbox = openInbox({
    service,
    database,
    instance,
    reactions,
    steps,
    retry,
    transaction: relay.transaction,
    onDatabase(news) {
      if (news === 'back') log.info('the database is back');
      else log.warn({ reason: news.away }, 'the database is away');
    },
    onFault(fault, { queue, step, style: played, signupId, attempt, parked }) {
      log.warn({ queue, signupId, attempt, fault: fault.message }, parked ? 'parked' : 'to be tried again');
      if (!parked) onRetry(played, step);
    },
  });
  broker = await openBroker({
    url: amqpUrl,
    service,
    subscriptions,
    receive: async (queue, content) => {
      const { readable, unreadable } = readEnvelopes(content);
      await Promise.all(readable.map((envelope) => inbox.receive(queue, envelope)));
      const [error] = unreadable;
      if (!error) return 'keep';
      // What came in the same message was received, and is known again should the message be sent on its way once more.
      log.error({ queue, reason: error.message }, 'set a message aside that cannot be read');
      return 'set-aside';
    },
    onProblem: (problem, error) => log.warn({ reason: error.message }, problem),
  });
  const housekeeping = startHousekeeping({
    database,
    removals: [...removalsOfEveryService, ...removals],
    onProblem: (error) =>
      log.warn({ reason: error.message }, 'old rows are not removed before the next hour'),
  });
  const upkeep =
    subscriptions.length === 0
      ? undefined
      : startUpkeep({
          service,
          style,
          listening: subscriptions,
          database,
          broker,
          transaction: relay.transaction,
          onAsked: (since) => log.info({ since }, 'asked for what may have been missed'),
          onProblem: (problem, error) => log.warn({ reason: error.message }, problem),
        });
  return {
    transaction: relay.transaction,
    isConnected: broker.isConnected,
    backlog: () => readBacklog(database),
    setAside: () => broker.depths([...subscriptions.map(({ queue }) => deadLettersOf(queue)), unrouted]),
    async stop() {
      await Promise.all([housekeeping.stop(), upkeep?.stop(finishWithinMs)]);
      await inbox.stop(finishWithinMs);
      await broker.drain(finishWithinMs);
      await relay.stop(finishWithinMs);
      await broker.close();
    },
  };
}
