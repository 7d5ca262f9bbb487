/** The vocabulary of supervision: what to start, whom to tell, and what can be done with it. */
import type { Reaper } from './reaper.ts';

/** How one process is started, recognised as healthy, and asked to end. */
export type ProcessSpec = {
  name: string;
  command: string;
  arguments: readonly string[];
  environment: NodeJS.ProcessEnv;
  folder: string;
  user?: { uid?: number; gid?: number };
  /** `port` is the one others use; further ones show up in `stack.json` under their names. */
  ports: { port: number } & Record<string, number>;
  /** Where it is asked over HTTP, if that is not by its port on 127.0.0.1. */
  url?: string;
  stopSignal: NodeJS.Signals;
  /** One look: resolves when healthy, rejects with what is missing. */
  probe: () => Promise<unknown>;
  readyWithinMs: number;
  /**
   * One look at whether it still does its work, again and again once it was healthy; after several in vain in a row it is ended,
   * and so started again. What a restart cannot mend must not fail here.
   */
  alive?: () => Promise<unknown>;
  /** `shown`: its output also goes to the terminal. */
  output: 'file' | 'shown';
  /** Not started again when it dies. */
  once?: true;
  /** Runs before every start, the first and all later ones. */
  beforeStart?: () => Promise<void>;
};

/** What a supervised process reports to. */
export type Surveillance = {
  reaper: Reaper;
  logFile: (name: string) => string;
  started: (pid: number) => void;
  /** Pid or state changed. */
  changed: () => void;
  say: (line: string) => void;
  /** The longest pause before what has died is started again. */
  longestRestartMs: number;
  show: (name: string, line: string) => void;
};

/** A process under supervision. */
export type Supervised = {
  spec: ProcessSpec;
  pid: () => number | undefined;
  state: () => 'running' | 'starting' | 'held' | 'stopped';
  /** How often it was started again. */
  restarts: () => number;
  /** Resolves once healthy; rejects with the end of its log when it is not in time. */
  start: () => Promise<void>;
  /** SIGKILL to the whole group; it is started again. */
  kill: () => Promise<void>;
  /** SIGKILL, and not started again until `release`. */
  hold: () => Promise<void>;
  /** Starts what is held, and resolves once it is healthy. */
  release: () => Promise<void>;
  untilReady: (withinMs?: number) => Promise<void>;
  /** Asks it to end and waits; SIGKILL once the deadline (epoch milliseconds) has passed. */
  stop: (deadline: number) => Promise<void>;
};
