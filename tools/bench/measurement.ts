/** The whole measurement: which windows are played in which order, and what is made of them. */
import { forEachStyle } from '../../domain/styles.ts';
import type { Counters } from './counters.ts';
import {
  floorOf,
  isStyle,
  mediansOf,
  ratios,
  type Spreading,
  type SystemName,
  type Window,
} from './figures.ts';
import { seededRandom } from './load.ts';
import type { Measurement } from './results.ts';
import { groups } from './systems.ts';
import type { System } from './target.ts';
import { megabytes } from './usage.ts';
import { playWindow, type Timing } from './window.ts';

/** How many times as long as before a window each system runs in at the very beginning. */
const warmUps = 8;

/** How much is measured. */
export type Extent = { rounds: number; clients: readonly number[]; timing: Timing };

/** What is measured, and with what. */
export type Measuring = {
  systems: Record<SystemName, System>;
  only: readonly SystemName[];
  extent: Extent;
  counters: Counters;
  seed: number;
  pids: () => Record<string, number | undefined>;
  report: (window: Window) => void;
};

/**
 * Plays ours and the floors in turn, all numbers of clients, round after round, one system at a time. Ours and its floor are neighbours,
 * and take turns in going first: neither always has the other's leftovers before it.
 */
export async function measure(measuring: Measuring): Promise<Measurement> {
  const { systems, only, extent, counters, seed, pids, report } = measuring;
  const { rounds, clients, timing } = extent;
  const play = async (name: SystemName, load: Parameters<typeof playWindow>[1], duration = timing) => {
    const window = await playWindow(systems[name], load, duration, counters, seed);
    report(window);
    return window;
  };
  const order = groups.flat().filter((name) => only.includes(name));
  // The first signups pay for compiling, connecting and filling caches: measured, a first window did a fifth less than the next ones.
  for (const name of order) {
    await playWindow(
      systems[name],
      { clients: 20 },
      { warmUpMs: 0, windowMs: warmUps * timing.warmUpMs },
      counters,
      seed,
    );
  }

  const planned = Array.from({ length: rounds }, (_, round) =>
    clients.flatMap((count) =>
      groups
        .flatMap((group) => (round % 2 === 0 ? group : group.toReversed()))
        .filter((name) => only.includes(name))
        .map((name) => ({ name, clients: count })),
    ),
  ).flat();
  const windows: Window[] = [];
  const before = megabytes(pids());
  let halfTime = before;
  for (const [index, { name, clients: count }] of planned.entries()) {
    if (index === Math.floor(planned.length / 2)) halfTime = megabytes(pids());
    // Many who begin at the same moment take a while to spread.
    const warmUpMs = timing.warmUpMs * (count > 20 ? 3 : 1);
    windows.push(await play(name, { clients: count }, { ...timing, warmUpMs }));
  }
  const medians = mediansOf(windows);

  const openLoops: Window[] = [];
  for (const ours of order.filter(isStyle)) {
    const reached = medians.filter(({ system }) => system === ours).map((one) => one.signupsPerSecond);
    const sentPerSecond = Math.max(...reached) / 2;
    openLoops.push(await play(ours, { sentPerSecond, random: seededRandom(seed) }));
  }
  const after = megabytes(pids());
  return {
    windows,
    medians,
    ratios: ratiosOf(windows, 'signupsPerSecond'),
    p50Ratios: ratiosOf(windows, 'p50Ms'),
    openLoops,
    memory: Object.keys(after).map((process) => ({
      process,
      beforeMb: before[process] ?? NaN,
      halfTimeMb: halfTime[process] ?? NaN,
      afterMb: after[process] ?? NaN,
    })),
  };
}

function ratiosOf(windows: readonly Window[], figure: Spreading): Measurement['ratios'] {
  return forEachStyle((style) => ratios(windows, style, floorOf(style), figure));
}
