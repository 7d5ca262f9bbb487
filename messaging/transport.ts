/**
 * A transport carries events from service to service. It lies outside of relay and inbox: the relay publishes
 * over it, and all that it brings ends in the inbox. So it is opened first, and listens once there is an
 * inbox.
 */
import type { Logger } from 'pino';
import type { Queryable } from '../adapters/postgres.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { EventKey } from '../domain/events.ts';
import type { DeliveryKey } from './deliveries.ts';

/** A transport that processes of a service can open. */
export type Transport = {
  readonly features: Features;
  /** A process is ready without it: what it connects to may come later, or be away. */
  readonly isOptional?: boolean;
  /** Resolves at once, and reconnects for ever. `service` is the one that this process belongs to. */
  open(options: { service: string; log: Logger }): Promise<Way>;
};

/** What a transport can and cannot do, as data for tests and documents: no code of the product reads it. */
export type Features = {
  /** A service that is new gets what was published before it; without this it has to ask for that. */
  remembersThePast: boolean;
  /** A subscription gets the events of a signup in the order in which they were published. */
  keepsOrder: boolean;
  /** An event that no subscription listens to is kept, and counted. */
  keepsUnrouted: boolean;
  /** What cannot be read lies with the service, which can count it while the transport is away. */
  setsAsideWithService: boolean;
  /** How many events of one subscription a process has in hand at most. */
  inHandAtMost: number;
};

/** A transport in use by a process. */
export type Way = {
  publish: Publish;
  /** Starts to receive; called once, by a process that has subscriptions. Resolves at once. */
  listen(listener: Listener): Promise<void>;
  /** Whether events come and go at present. */
  isConnected(): boolean;
  /** Rejects while it cannot be known. */
  setAside(): Promise<SetAside>;
  /** What lies in queues, of whichever service. Rejects while it cannot be known; missing where a transport does not count it. */
  depthOf?(queues: readonly string[]): Promise<Depth>;
  /** How many records a log has had, over all partitions. Rejects while it cannot be known; missing where there is no log. */
  written?(): Promise<number>;
  /**
   * Writes how far this way has come, in the transaction that settles or postpones these deliveries. It brought
   * some of them, or none. A queue is told by acknowledgements, and has no need of it.
   */
  alongside?(transaction: Queryable, settled: readonly DeliveryKey[]): Promise<void>;
  /** Takes nothing further, and finishes what is in hand, at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
  /** What is in hand and not finished comes again, to this service. */
  close(): Promise<void>;
};

/** Called with what went wrong; what was lost comes back by itself. */
export type OnProblem = (problem: string, error: Error) => void;

/** Resolves once all events are kept; rejects where that is not known of one of them. */
export type Publish = (envelopes: readonly Envelope[]) => Promise<void>;

/** What a reaction listens to: events of these keys. Its queue is its name on every transport. */
export type Subscription = { queue: string; on: readonly EventKey[] };

/** Takes an event for a subscription. Where it rejects, the event comes again. */
export type Receive = (queue: string, envelope: Envelope) => Promise<void>;

/** Events that did not arrive, perhaps: those of these keys, published since then or ever. */
export type Missed = { keys: EventKey[]; since?: string | undefined };

/** Asks for events that did not arrive. */
export type AskAgain = (missed: Missed) => Promise<void>;

/** The part of a service that receives. */
export type Listener = {
  subscriptions: readonly Subscription[];
  receive: Receive;
  /** Asks for what a transport has lost or never had. Resolves once the question is kept. */
  askAgain: AskAgain;
};

/** How many messages wait for a reaction, and how many were set aside. */
export type Depth = { waiting: number; setAside: number };

/** What lies with a transport and comes to no reaction. */
export type SetAside = {
  /** How many messages could not be read or were never answered, by the name of their place. */
  deadLetters: ReadonlyMap<string, number>;
  /** How many events no subscription listens to, where the transport keeps them. */
  unrouted?: number;
  /** How many records the service has passed, over all partitions, where it reads a log. */
  passed?: number;
  /** How many were gone before the service came to read them, where that may be. */
  missed?: number;
  /** How often a partition was found made anew, where that may be. */
  remade?: number;
};
