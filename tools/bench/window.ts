/** One window: a load is applied, runs in, is measured while it goes on, and runs out. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Counters } from './counters.ts';
import { windowOf, type Played, type Window } from './figures.ts';
import { apply, type Load } from './load.ts';
import { openTarget, type System } from './target.ts';

/** How long a window runs in and is measured. */
export type Timing = { warmUpMs: number; windowMs: number };

/** Plays one window. Nothing of the system is under way any more when it resolves. */
export async function playWindow(
  system: System,
  load: Load,
  { warmUpMs, windowMs }: Timing,
  counters: Counters,
  seed: number,
): Promise<Window> {
  await counters.settle();
  const target = await openTarget(system, seed);
  try {
    const played: Played[] = [];
    let isOver = false;
    const loading = apply(
      load,
      target,
      () => isOver,
      (signup) => played.push(signup),
    );
    // A signup that fails ends the window at once.
    const pass = (milliseconds: number) => Promise.race([loading, delay(milliseconds)]);
    await pass(warmUpMs);
    const before = await counters.read(system.database, [target.watcher]);
    await pass(windowMs);
    const after = await counters.read(system.database, [target.watcher]);
    isOver = true;
    await loading;
    const about = 'clients' in load ? { clients: load.clients } : { sentPerSecond: load.sentPerSecond };
    return windowOf({ system: system.name, ...about }, played, [before, after], system.processes);
  } finally {
    await target.close();
  }
}
