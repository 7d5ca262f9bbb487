/**
 * What a service listens to, and does then, as a value: to be read without a running service, by all that
 * must know which queue gets what. How a reaction is played is in `inbox.ts`.
 */
import type { Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { EventKey, Fact, TypeOf } from '../domain/events.ts';
import type { StepName } from '../domain/process.ts';

/** What a reaction is given, with what was prepared and the time of the signup. */
export type Given<Steps, K extends EventKey, Prepared> = {
  transaction: Queryable;
  event: Envelope<TypeOf<K>>;
  steps: Steps;
  prepared: Prepared;
  at: string;
};

/**
 * What a service does when it is told of something. `prepare` runs with no transaction open: the place to
 * call a provider. `react` runs in the transaction that also records the delivery, and returns what the
 * service then says. `steps` are what both may take, given once the service runs.
 */
export type Reaction<Steps = unknown, K extends EventKey = EventKey, Prepared = unknown> = {
  /** Its name, and that of its queue. */
  queue: string;
  /** The keys of the events that it listens to. */
  on: readonly K[];
  /** Or the timers of this service that wake it, by name. */
  timers?: readonly string[];
  /** The step that it takes, as histories and the feed name it. */
  step?: StepName | ((event: Envelope<TypeOf<K>>) => StepName);
  prepare?: (given: { event: Envelope<TypeOf<K>>; steps: Steps }) => Promise<Prepared>;
  react: (given: Given<Steps, K, Prepared>) => Promise<readonly Fact[]>;
};

/** Declares reactions with those steps: it ties the types of an event and of what was prepared together. */
export function reactionsWith<Steps>() {
  return {
    /** One that hears of events from the broker. */
    reaction: <K extends EventKey, Prepared = undefined>(declared: Reaction<Steps, K, Prepared>) =>
      declared as unknown as Reaction<Steps>,
    /** One that timers wake. */
    timerReaction: (declared: Omit<Reaction<Steps, 'timer.due', undefined>, 'on' | 'prepare'>) =>
      ({ ...declared, on: [] }) as unknown as Reaction<Steps>,
  };
}

/** Those that hear of events from the broker; the others are woken by timers. */
export const fromBroker = <R extends Pick<Reaction, 'on'>>(reactions: readonly R[]): R[] =>
  reactions.filter(({ on }) => on.length > 0);
