/**
 * Keeps one process running: starts it in a group of its own, waits until it is healthy, starts it again when it dies (after
 * 1 s, doubling to 30 s unless told otherwise, from 1 s again after half a minute of health), ends what runs but does not work, so
 * that it is started again, and stops it. What to start is data, a `ProcessSpec`.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { pause } from '../../adapters/waiting.ts';
import { type Looks, untilUseless } from './liveness.ts';
import { lastLines } from './logs.ts';
import { PlatformError, reasonOf } from './error.ts';
import { groupExists, signal } from './processes.ts';
import type { ProcessSpec, Supervised, Surveillance } from './process-spec.ts';
import { exitOf, spawnGroup } from './spawned.ts';

type Running = {
  child: ChildProcess;
  exited: Promise<string>;
  healthy: Promise<void>;
  healthySince?: number;
  /** What is missing until it is healthy. */
  missing: string;
  gone?: string;
};

const firstRestartMs = 1_000;
const healthyAgainMs = 30_000;

/** Makes a process supervised; nothing runs before `start`. */
export function supervise(
  spec: ProcessSpec,
  { reaper, logFile, started, changed, say, show, longestRestartMs }: Surveillance,
  looks: Looks = { everyMs: 10_000, inVain: 3 },
): Supervised {
  let wanted: 'running' | 'held' | 'stopped' = 'stopped';
  let current: Running | undefined;
  let killed = false;
  let restarts = 0;
  let keeping: Promise<void> = Promise.resolve();
  // Aborted whenever `wanted` changes, so that waiting between two starts ends at once.
  let change = new AbortController();

  const want = (next: typeof wanted) => {
    wanted = next;
    change.abort();
    change = new AbortController();
  };

  async function launch(): Promise<Running> {
    await spec.beforeStart?.();
    // Stopped or held while it was being prepared: nothing may start behind the back of that.
    if (wanted !== 'running') throw new PlatformError(`${spec.name} is ${wanted}.`);
    const child = spawnGroup(spec, logFile(spec.name), show);
    if (child.pid !== undefined) {
      reaper.watch(child.pid, spec.stopSignal);
      started(child.pid);
    }
    const running: Running = {
      child,
      exited: exitOf(child),
      healthy: Promise.resolve(),
      missing: 'no answer yet',
    };
    void running.exited.then((reason) => {
      running.gone = reason;
      if (child.pid !== undefined) {
        // The leader is gone; whatever else is in its group has nobody left to serve.
        signal(-child.pid, 'SIGKILL');
        reaper.forget(child.pid);
      }
      changed();
    });
    running.healthy = untilHealthy(running);
    running.healthy.then(() => endWhenUseless(running)).catch(() => {});
    current = running;
    changed();
    return running;
  }

  async function untilHealthy(running: Running): Promise<void> {
    const deadline = Date.now() + spec.readyWithinMs;
    for (;;) {
      if (running.gone !== undefined) throw new Error(`it ended before it was ready (${running.gone})`);
      if (Date.now() > deadline)
        throw new Error(`it was not ready within ${spec.readyWithinMs / 1000} s: ${running.missing}`);
      try {
        await spec.probe();
        if (running.gone === undefined) {
          running.healthySince = Date.now();
          return;
        }
      } catch (error) {
        running.missing = reasonOf(error);
      }
      await Promise.race([delay(50), running.exited]);
    }
  }

  async function endWhenUseless(running: Running): Promise<void> {
    if (spec.alive === undefined) return;
    const reason = await untilUseless(spec.alive, running.exited, looks);
    if (reason === undefined) return;
    say(`${spec.name} runs but does not work, ending it: ${reason}`);
    await killGroup(running);
  }

  async function keep(): Promise<void> {
    let restartMs = firstRestartMs;
    for (;;) {
      const reason = await current!.exited;
      if (spec.once) return;
      if (wanted === 'running') {
        const { healthySince } = current!;
        const wasWell = healthySince !== undefined && Date.now() - healthySince > healthyAgainMs;
        // Waiting longer is for what fails by itself again and again, not for what was killed on purpose.
        if (wasWell || killed) restartMs = firstRestartMs;
        killed = false;
        say(`${spec.name} ended (${reason}), starting it again in ${restartMs / 1000} s`);
        await pause(restartMs, change.signal);
        restartMs = Math.min(restartMs * 2, longestRestartMs);
      }
      while (wanted === 'held') {
        const { signal: changes } = change;
        await new Promise((resolve) => changes.addEventListener('abort', resolve, { once: true }));
        restartMs = firstRestartMs;
      }
      if (wanted === 'stopped') return;
      try {
        const next = await launch();
        restarts += 1;
        // What hangs instead of becoming healthy is treated as dead.
        next.healthy.catch(() => killGroup(next));
      } catch (error) {
        say(`${spec.name} could not be started: ${reasonOf(error)}`);
      }
    }
  }

  async function killGroup(running: Running | undefined): Promise<void> {
    if (running?.child.pid === undefined || running.gone !== undefined) return;
    signal(-running.child.pid, 'SIGKILL');
    await running.exited;
  }

  async function untilReady(withinMs = 60_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (current?.gone !== undefined || current?.healthySince === undefined) {
      if (wanted === 'stopped') throw new PlatformError(`${spec.name} is stopped.`);
      if (Date.now() > deadline)
        throw new PlatformError(`${spec.name} was not ready within ${withinMs / 1000} s: ${lastSeen()}.`);
      await delay(20);
    }
  }

  function lastSeen(): string {
    if (current === undefined) return 'it was not started';
    return current.gone === undefined ? current.missing : `it ended (${current.gone})`;
  }

  return {
    spec,
    untilReady,
    pid: () => (current?.gone === undefined ? current?.child.pid : undefined),
    state() {
      if (wanted !== 'running') return wanted;
      return current?.gone === undefined && current?.healthySince !== undefined ? 'running' : 'starting';
    },
    restarts: () => restarts,
    async start() {
      want('running');
      const first = await launch();
      try {
        await first.healthy;
      } catch (error) {
        want('stopped');
        await killGroup(first);
        const path = logFile(spec.name);
        throw new PlatformError(
          `${spec.name} did not start: ${reasonOf(error)}\nThe end of its log (${path}):\n${lastLines(path, 20)}`,
        );
      }
      keeping = keep();
    },
    async kill() {
      killed = true;
      await killGroup(current);
    },
    async hold() {
      want('held');
      await killGroup(current);
    },
    async release() {
      // What is being stopped meanwhile stays so.
      if (wanted === 'held') want('running');
      await untilReady();
    },
    async stop(deadline) {
      want('stopped');
      const pid = current?.child.pid;
      if (pid !== undefined && current?.gone === undefined) {
        signal(pid, spec.stopSignal);
        await Promise.race([
          current?.exited,
          delay(Math.max(0, deadline - Date.now()), undefined, { ref: false }),
        ]);
        await killGroup(current);
      }
      if (pid !== undefined && groupExists(pid)) signal(-pid, 'SIGKILL');
      await keeping;
    },
  };
}
