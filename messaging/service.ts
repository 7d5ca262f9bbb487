/** A service of the chain, put together: its outbox, its inbox, and the ways between services. */
import type { Logger } from 'pino';
import type { Database } from '../adapters/postgres.ts';
import type { RetryPolicy } from '../domain/process.ts';
import type { Style } from '../domain/signup.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { removalsOfEveryService, startHousekeeping, type Removal } from './housekeeping.ts';
import { openInbox } from './inbox.ts';
import { fromBroker, type Reaction } from './reactions.ts';
import type { InTellingTransaction } from './outbox.ts';
import { startRelay } from './relay.ts';
import { requestRetelling } from './requests.ts';
import type { Depth, SetAside, Transport, Way } from './transport.ts';

export type ChainService = {
  /** Runs `work` in a transaction; what is told in it is published once it is committed. */
  transaction: InTellingTransaction;
  /** Whether all ways are connected without which a process is not ready. */
  isReady(): boolean;
  /** Whether events of a style come and go at present. */
  isConnected(style: Style): boolean;
  /** What waits in this service's own rows. Rejects while its database is away. */
  backlog(): Promise<Backlog>;
  /** By style, asks for what lies with its transport and comes to no reaction. Rejects while that is unknown. */
  setAside: ReadonlyMap<Style, () => Promise<SetAside>>;
  /** What lies in queues by a style's way, of whichever service; undefined where that is not counted. Rejects while it is unknown. */
  depthOf(style: Style, queues: readonly string[]): Promise<Depth | undefined>;
  /** How many records the log of a style has had; undefined where it has none. Rejects while it is unknown. */
  written(style: Style): Promise<number | undefined>;
  /** Stops in order: no new messages, those in hand finished, what they told published. */
  stop(): Promise<void>;
};

const finishWithinMs = 4000;

/**
 * Starts a service's part of the chain. `reactions` may be empty: a process that only tells, and relays what
 * it told. `removals` are of further rows of the service that are not kept for ever.
 */
export async function startChainService<Steps>(options: {
  service: string;
  /** What carries the events of each style. Of a style that is not here events stay in the outbox. */
  ways: ReadonlyMap<Style, Transport>;
  database: Database;
  instance: string;
  reactions: readonly Reaction<Steps>[];
  /** What the reactions take. */
  steps: Steps;
  /**
   * What a new service hears, where a transport does not remember the past: all from the first event, for which it
   * asks, or what is told next.
   */
  from?: 'first' | 'next';
  removals?: readonly Removal[];
  retry: RetryPolicy;
  /** Called with style and name of a step that faulted and will be tried again. */
  onRetry: (style: Style, step: string) => void;
  log: Logger;
}): Promise<ChainService> {
  const {
    service,
    ways: transports,
    database,
    instance,
    reactions,
    steps,
    from = 'first',
    removals = [],
    retry,
    onRetry,
    log,
  } = options;
  const subscriptions = fromBroker(reactions);
  const ways = new Map<Style, Way>();
  for (const [style, transport] of transports) ways.set(style, await transport.open({ service, log }));
  const relay = startRelay(database, new Map([...ways].map(([style, { publish }]) => [style, publish])));
  const inbox = openInbox({
    service,
    database,
    instance,
    reactions,
    steps,
    retry,
    transaction: relay.transaction,
    async alongside(transaction, settled) {
      for (const way of ways.values()) await way.alongside?.(transaction, settled);
    },
    onDatabase(news) {
      if (news === 'back') log.info('the database is back');
      else log.warn({ reason: news.away }, 'the database is away');
    },
    onFault(fault, { queue, step, style: played, signupId, attempt, parked }) {
      log.warn({ queue, signupId, attempt, fault: fault.message }, parked ? 'parked' : 'to be tried again');
      if (!parked) onRetry(played, step);
    },
  });
  for (const [style, way] of subscriptions.length > 0 ? ways : []) {
    await way.listen({
      subscriptions,
      receive: inbox.receive,
      async askAgain(missed) {
        if (from === 'next' && missed.since === undefined) return;
        await relay.transaction(async (transaction) =>
          requestRetelling(transaction, { service, style }, missed),
        );
        log.info({ style, since: missed.since }, 'asked for what may have been missed');
      },
    });
  }
  const housekeeping = startHousekeeping({
    database,
    removals: [...removalsOfEveryService, ...removals],
    onProblem: (error) =>
      log.warn({ reason: error.message }, 'old rows are not removed before the next hour'),
  });
  return {
    transaction: relay.transaction,
    isReady: () => [...transports].every(([style, { isOptional }]) => isOptional || isConnected(style)),
    isConnected,
    backlog: () => readBacklog(database),
    setAside: new Map([...ways].map(([style, way]) => [style, () => way.setAside()])),
    written: async (style) => ways.get(style)?.written?.(),
    depthOf: async (style, queues) => ways.get(style)?.depthOf?.(queues),
    async stop() {
      await housekeeping.stop();
      await inbox.stop(finishWithinMs);
      await onEachWay((way) => way.drain(finishWithinMs));
      await relay.stop(finishWithinMs);
      await onEachWay((way) => way.close());
    },
  };

  function isConnected(style: Style): boolean {
    return ways.get(style)?.isConnected() ?? false;
  }

  function onEachWay<T>(work: (way: Way) => Promise<T>): Promise<T[]> {
    return Promise.all([...ways.values()].map(work));
  }
}
