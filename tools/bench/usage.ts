/** What processes use, as Linux counts it. Elsewhere nothing is known, and the figures made of it are missing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const isKnown = existsSync('/proc/stat');
/** Linux tells its times to programs in hundredths, whatever the kernel's own clock. */
const ticksPerSecond = 100;

type Entry = { pid: number; parent: number; ownTicks: number; endedChildrenTicks: number };

/**
 * CPU seconds of each named process with all it has started, as far as that has no name of its own; without the processes
 * in `apart`.
 */
export function cpuSeconds(
  pids: Record<string, number | undefined>,
  apart: readonly number[],
): Record<string, number> {
  return sumOfFamilies(pids, ({ pid, ownTicks, endedChildrenTicks }) =>
    apart.includes(pid) ? 0 : (ownTicks + endedChildrenTicks) / ticksPerSecond,
  );
}

/** The CPU seconds of each named process during some work. */
export async function cpuSecondsDuring(
  pids: () => Record<string, number | undefined>,
  work: () => Promise<void>,
): Promise<[name: string, seconds: number][]> {
  const before = cpuSeconds(pids(), []);
  await work();
  return Object.entries(cpuSeconds(pids(), [])).map(([name, used]) => [name, used - before[name]!]);
}

/** Megabytes of each named process: the proportional set, in which what several processes share is divided among them. */
export function megabytes(pids: Record<string, number | undefined>): Record<string, number> {
  const kilobytes = sumOfFamilies(pids, ({ pid }) => {
    const rollup = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  });
  return Object.fromEntries(
    Object.entries(kilobytes).map(([name, total]) => [name, Math.round(total / 1024)]),
  );
}

/** Megabytes of one process in memory, and its threads; undefined where that is not known. */
export function residentOf(pid: number | undefined): { megabytes: number; threads: number } | undefined {
  const status = readOrEmpty(`/proc/${pid}/status`);
  const [kilobytes, threads] = [/^VmRSS:\s+(\d+)/m, /^Threads:\s+(\d+)/m].map(
    (line) => line.exec(status)?.[1],
  );
  if (kilobytes === undefined || threads === undefined) return undefined;
  return { megabytes: Math.round(Number(kilobytes) / 1024), threads: Number(threads) };
}

/** CPU seconds of the whole machine since it started, how many of them it did nothing, and how many its host gave to other machines. */
export function machineTime(): { machineSeconds: number; idleSeconds: number; stolenSeconds: number } {
  if (!isKnown) return { machineSeconds: NaN, idleSeconds: NaN, stolenSeconds: NaN };
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).map(Number);
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of the first two.
  const all = ticks.slice(0, 8);
  return {
    machineSeconds: all.reduce((total, each) => total + each, 0) / ticksPerSecond,
    idleSeconds: ((all[3] ?? NaN) + (all[4] ?? NaN)) / ticksPerSecond,
    stolenSeconds: (all[7] ?? NaN) / ticksPerSecond,
  };
}

/** A figure of each named process and of all it has started, as far as that has no name of its own. */
function sumOfFamilies(pids: Record<string, number | undefined>, figure: (entry: Entry) => number) {
  const table = processTable();
  const named = new Set(Object.values(pids));
  const sums = Object.entries(pids).map(([name, root]): [string, number] => {
    const found = table.filter(({ pid }) => pid === root);
    for (let index = 0; index < found.length; index += 1) {
      found.push(...table.filter(({ pid, parent }) => parent === found[index]!.pid && !named.has(pid)));
    }
    return [name, found.reduce((total, each) => total + figure(each), 0)];
  });
  return Object.fromEntries(sums);
}

function processTable(): Entry[] {
  if (!isKnown) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // The second field is the program's name in brackets and may hold anything, so count from its end.
      const fields = readOrEmpty(`/proc/${name}/stat`).split(') ').at(-1)!.split(' ').map(Number);
      if (fields.length < 15) return [];
      return [
        {
          pid: Number(name),
          parent: fields[1]!,
          ownTicks: fields[11]! + fields[12]!,
          endedChildrenTicks: fields[13]! + fields[14]!,
        },
      ];
    });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
