/**
 * Everything one supervisor has running: the list behind `stack.json`, and the one place that knows in which order it all
 * ends. The reaper learns of each process as it starts.
 */
import type { ProcessReport } from '../../domain/report.ts';
import { PlatformError, reasonOf } from './error.ts';
import type { Ports } from './ports.ts';
import { signal } from './processes.ts';
import { startReaper } from './reaper.ts';
import type { StackEntry, State } from './state.ts';
import type { ProcessSpec, Supervised, Surveillance } from './process-spec.ts';
import { supervise } from './supervisor.ts';

/** The running processes by name. */
export type Roster = {
  surveillance: Surveillance;
  /** Starts a process under supervision and resolves once it is healthy. */
  run: (spec: ProcessSpec) => Promise<void>;
  /** Ends one for good, so that it can be run again; nothing where it does not run. */
  end: (name: string) => Promise<void>;
  has: (name: string) => boolean;
  /** Throws for what was not started. */
  named: (name: string) => Supervised;
  pidOf: (name: string) => number | undefined;
  /** Something in this process that looks after what runs, until it is told to stop. */
  alongside: (stop: () => Promise<void>) => void;
  /** A second instance of something: not in `stack.json`, ended with the rest. */
  beside: (supervised: Supervised) => void;
  /** The port of a part that somebody else runs, or that is still to come. */
  attached: (name: string, port: number, isToCome?: boolean) => void;
  portOf: (name: string) => number;
  /** What runs, and what is attached. */
  report: () => ProcessReport[];
  /** A process that is not supervised, such as a build, for as long as it runs. */
  track: (pid: number) => () => void;
  /** Everything in order, within 10 s; once, however often it is called. */
  stop: () => Promise<void>;
  /** Everything by SIGKILL, at once. */
  killAll: () => Promise<void>;
  /** Resolves once everything has ended. */
  ended: Promise<void>;
};

// The whole stop stays within 10 s: when each group is killed, counted from the beginning.
const stopWithinMs = { api: 1_500, services: 4_000, parts: 9_300 };
const writeAgainMs = 1_000;
const order: readonly { names: readonly string[]; withinMs: number }[] = [
  { names: ['crowd'], withinMs: stopWithinMs.api },
  { names: ['api'], withinMs: stopWithinMs.api },
  { names: ['accounts', 'notifications', 'tracker', 'statistics'], withinMs: stopWithinMs.services },
  { names: ['mailbox', 'rabbitmq', 'kafka', 'temporal', 'postgres'], withinMs: stopWithinMs.parts },
  // Last: the RabbitMQ node would lose its name with it.
  { names: ['rabbitmq-epmd'], withinMs: stopWithinMs.parts },
];

/** An empty roster over an opened state folder; it closes the folder and gives the ports back when it stops. */
export function createRoster(
  state: State,
  reserved: Ports,
  say: (line: string) => void,
  show: (name: string, line: string) => void,
  longestRestartMs = 30_000,
): Roster {
  const reaper = startReaper(state.stackFile);
  const running = new Map<string, Supervised>();
  const besides = new Set<Supervised>();
  const alongside: (() => Promise<void>)[] = [];
  const tracked = new Set<number>();
  const attachedPorts = new Map<string, number>();
  const toCome = new Set<string>();
  let ending: Promise<void> | undefined;
  /** Why `stack.json` could not be written the last time. */
  let untold: string | undefined;
  let tellEnded = () => {};
  const ended = new Promise<void>((resolve) => (tellEnded = resolve));

  const changed = () => {
    if (ending !== undefined) return;
    const entries: Record<string, StackEntry> = { supervisor: { pid: process.pid } };
    for (const [name, port] of attachedPorts) entries[name] = { port };
    for (const [name, supervised] of running) {
      const pid = supervised.pid();
      const { ports, url } = supervised.spec;
      entries[name] = {
        ...(pid === undefined ? {} : { pid }),
        ...ports,
        ...(url === undefined ? {} : { url }),
      };
    }
    try {
      state.writeStack(entries);
      untold = undefined;
    } catch (error) {
      // A full disk ends no stack: scripts know the processes of before until there is room.
      const reason = reasonOf(error);
      if (untold !== reason) say(`${state.stackFile} cannot be written for now: ${reason}`);
      untold = reason;
      setTimeout(changed, writeAgainMs).unref();
    }
  };
  const surveillance: Surveillance = {
    reaper,
    logFile: state.logFile,
    started: state.started,
    changed,
    say,
    show,
    longestRestartMs,
  };
  const named = (name: string): Supervised => {
    const supervised = running.get(name);
    if (supervised === undefined) throw new PlatformError(`This stack did not start \`${name}\`.`);
    return supervised;
  };

  async function close(): Promise<void> {
    for (const pid of tracked) signal(-pid, 'SIGKILL');
    await reaper.goodbye();
    reserved.release();
    state.close();
    tellEnded();
  }

  async function stopInOrder(): Promise<void> {
    const began = Date.now();
    const others = [
      ...[...besides].map((one) => one.stop(began + stopWithinMs.api)),
      ...alongside.map((stop) => stop()),
    ];
    for (const { names, withinMs } of order) {
      await Promise.all(names.map(async (name) => running.get(name)?.stop(began + withinMs)));
    }
    await Promise.all(others);
    await close();
  }

  changed();
  return {
    surveillance,
    named,
    ended,
    has: (name) => running.has(name),
    pidOf: (name) => running.get(name)?.pid(),
    alongside(stop) {
      if (ending === undefined) alongside.push(stop);
      else void stop();
    },
    beside: (supervised) => void besides.add(supervised),
    attached(name, port, isToCome = false) {
      attachedPorts.set(name, port);
      if (isToCome) toCome.add(name);
      changed();
    },
    portOf: (name) => attachedPorts.get(name) ?? named(name).spec.ports.port,
    report() {
      const others = [...attachedPorts.keys()].filter((name) => !running.has(name));
      return [
        ...[...running].map(([name, one]) => ({ name, state: one.state(), restarts: one.restarts() })),
        ...others.map((name) => ({
          name,
          state: toCome.has(name) ? ('starting' as const) : ('attached' as const),
          restarts: 0,
        })),
      ];
    },
    async run(spec) {
      if (ending !== undefined) throw new PlatformError('The stack is being stopped.');
      const supervised = supervise(spec, surveillance);
      running.set(spec.name, supervised);
      await supervised.start();
    },
    async end(name) {
      await running.get(name)?.stop(Date.now() + stopWithinMs.services);
      running.delete(name);
      changed();
    },
    track(pid) {
      tracked.add(pid);
      reaper.watch(pid, 'SIGTERM');
      state.started(pid);
      return () => {
        tracked.delete(pid);
        reaper.forget(pid);
      };
    },
    stop: () => (ending ??= stopInOrder()),
    async killAll() {
      ending ??= Promise.resolve();
      await Promise.all([
        ...[...running.values(), ...besides].map((one) => one.stop(0)),
        ...alongside.map((stop) => stop()),
      ]);
      await close();
    },
  };
}
