/** What `npm run bench` writes to `results/`, and how. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Style } from '../../domain/signup.ts';
import type { CouplingResults } from './coupling/figures.ts';
import type { Medians, Spread, Window } from './figures.ts';
import type { Machine } from './machine.ts';

/** Megabytes of a process before anything, in the middle and after everything. */
export type Memory = { process: string; beforeMb: number; halfTimeMb: number; afterMb: number };

/** What is measured of the styles and their floors. */
export type Measurement = {
  /** Closed loops, as they were played. */
  windows: Window[];
  /** The medians of those, per system and number of clients. */
  medians: Medians[];
  /** Each style's figure divided by that of its floor, by number of clients. */
  ratios: Record<Style, Record<string, Spread>>;
  p50Ratios: Record<Style, Record<string, Spread>>;
  /** Ours at half of their measured maximum, whatever comes of the signups before. */
  openLoops: Window[];
  memory: Memory[];
};

/** `results/bench.json`. */
export type BenchResults = Measurement & {
  machine: Machine;
  versions: Record<string, string>;
  seed: number;
  quick: boolean;
  durability: Record<string, string>;
  synchronousFull?: Window | undefined;
};

/** What so many signups cost that wait at the same time. Memory and CPU are by process. */
export type Sleepers = {
  style: Style;
  signups: number;
  /** What each added to the database and to Temporal's file. */
  bytesEach: { postgres: number; temporal: number };
  /** Proportional set, once all is at rest after the restart. */
  memoryMb: Record<string, number>;
  /** Percent of one core, while nothing happens. */
  idlePercent: Record<string, number>;
  clickP50Ms: number;
  clickP95Ms: number;
  /** CPU time of all processes per click, with what follows from it. */
  clickCpuMs: number;
  restartSeconds: number;
};

/** What it took to send all first reminders, due at the same moment: seconds until the last mail arrived. */
export type WakeUp = {
  style: Style;
  mails: number;
  seconds: number;
  mailsPerSecond: number;
  lost: number;
  twice: number;
};

/** `results/sleeping.json`. */
export type SleepingResults = {
  machine: Machine;
  versions: Record<string, string>;
  seed: number;
  sleepers: Sleepers[];
  wakeUp: Record<Style, WakeUp[]>;
};

/** How long a way of asking for a balance kept its caller waiting, and all that must be up for an answer. */
export type Asking = { way: string; needs: readonly string[]; p50Ms: number; p95Ms: number; p99Ms: number };

/** `results/balance.json`. */
export type BalanceResults = {
  machine: Machine;
  versions: Record<string, string>;
  quick: boolean;
  asking: Asking[];
};

/** Writes figures to a file, and says so. */
export async function writeResults(
  out: string,
  results: BenchResults | SleepingResults | BalanceResults | CouplingResults,
): Promise<void> {
  await keepResults(out, results);
  console.log(`\nWrote ${resolve(out)}`);
}

/** Writes what there is so far, in one piece: a run that is broken off in the middle of it leaves what was there. */
export async function keepResults(out: string, results: object): Promise<void> {
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(results, rounded, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** More digits would promise more than was measured. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
