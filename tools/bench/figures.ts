/** Figures out of measurements: percentiles, medians, what a window comes to, ratios to the floors. Pure. */
import { percentile } from '../../domain/percentile.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { traits, type Mechanism } from '../../domain/styles.ts';

/** The least that a mechanism can do: what the styles that it plays are compared with. */
export type FloorName = `floor-${Exclude<Mechanism, 'calls'>}`;

/** The floor of a style. Calls have none: there is hardly anything about them that could be left out. */
export function floorOf(style: Style): FloorName | undefined {
  const { mechanism } = traits[style];
  return mechanism === 'calls' ? undefined : `floor-${mechanism}`;
}

/** What is measured: the styles and their floors. */
export type SystemName = Style | FloorName;
export const systemNames: readonly SystemName[] = [
  ...new Set(styles.flatMap((style) => [style, floorOf(style) ?? style])),
];

/** Whether a system is one of ours, and no floor. */
export function isStyle(system: SystemName): system is Style {
  return styles.some((style) => style === system);
}

/** Our processes; what else is measured are servers. */
export const ourProcesses = ['api', 'accounts', 'notifications', 'tracker'] as const;

/** Of figures by process, the sum over ours. */
export function ofOurs(byProcess: Record<string, number>): number {
  return sum(ourProcesses.map((name) => byProcess[name] ?? NaN));
}

/** What one window came to. Milliseconds count from sending the request until both channels were recorded. */
export type Window = {
  system: SystemName;
  /** Of a closed loop. */
  clients?: number;
  /** Of an open loop: signups sent per second, whatever comes of those before. */
  sentPerSecond?: number;
  signups: number;
  seconds: number;
  signupsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Until the answer to the request. */
  acceptedP50Ms: number;
  /** Of the system's own processes and the servers it uses; neither the load nor the mail and SMS provider. */
  cpuSecondsPer1000: number;
  cpuSecondsPer1000ByProcess: Record<string, number>;
  commitsPerSignup: number;
  messagesPerSignup: number;
  /** Share of the machine's CPU time that its host gave to others. */
  stolen: number;
  /** Share of the machine's CPU time that was used by what is not of the benchmark. */
  foreign: number;
};

/** A figure of several windows: the middle, and how far they were apart. */
export type Spread = { median: number; least: number; most: number };

/** The medians of the windows of one system and one number of clients. */
export type Medians = Window & { spread: Record<Spreading, Spread> };

/** The figures that are published with their spread. */
export type Spreading = 'signupsPerSecond' | 'p50Ms';

/** A signup from beginning to end, on one clock, in milliseconds. */
export type Played = { sentAt: number; acceptedAt: number; notifiedAt: number };

/** What the counters say at a moment; all but `at` only ever grow. */
export type Reading = {
  at: number;
  cpuSeconds: Record<string, number>;
  stolenSeconds: number;
  machineSeconds: number;
  idleSeconds: number;
  commits: number;
  messages: number;
};

/** The middle value; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** The middle of values, the smallest and the largest. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** What was notified between two readings, per second and per signup. `counted` names the processes whose CPU counts. */
export function windowOf(
  about: Pick<Window, 'system' | 'clients' | 'sentPerSecond'>,
  played: readonly Played[],
  [before, after]: readonly [Reading, Reading],
  counted: readonly string[],
): Window {
  const within = played.filter(({ notifiedAt }) => notifiedAt >= before.at && notifiedAt < after.at);
  const signups = within.length;
  const seconds = (after.at - before.at) / 1000;
  const untilNotified = within.map(({ sentAt, notifiedAt }) => notifiedAt - sentAt);
  const used = Object.entries(after.cpuSeconds).map(([name, after_]): [string, number] => [
    name,
    after_ - (before.cpuSeconds[name] ?? 0),
  ]);
  const cpu = used.map(([name, each]): [string, number] => [name, (each / signups) * 1000]);
  const passed = (figure: 'machineSeconds' | 'stolenSeconds' | 'idleSeconds') =>
    after[figure] - before[figure];
  const known = passed('idleSeconds') + passed('stolenSeconds') + sum(used.map(([, each]) => each));
  return {
    ...about,
    signups,
    seconds,
    signupsPerSecond: signups / seconds,
    p50Ms: percentile(untilNotified, 50),
    p95Ms: percentile(untilNotified, 95),
    p99Ms: percentile(untilNotified, 99),
    acceptedP50Ms: percentile(
      within.map(({ sentAt, acceptedAt }) => acceptedAt - sentAt),
      50,
    ),
    cpuSecondsPer1000: sum(cpu.filter(([name]) => counted.includes(name)).map(([, each]) => each)),
    cpuSecondsPer1000ByProcess: Object.fromEntries(cpu),
    commitsPerSignup: (after.commits - before.commits) / signups,
    messagesPerSignup: (after.messages - before.messages) / signups,
    stolen: passed('stolenSeconds') / passed('machineSeconds'),
    // Ticks are rounded, so a machine that does nothing else may come to a little less than nothing.
    foreign: Math.max(0, 1 - known / passed('machineSeconds')),
  };
}

/** One window of several of the same kind: of every figure the median. */
function medianWindow(windows: readonly Window[]): Medians {
  const [first] = windows;
  if (!first) throw new Error('there is no window to take the median of');
  const middle = (figure: (window: Window) => number) => median(windows.map(figure));
  const { system, clients, cpuSecondsPer1000ByProcess: byProcess } = first;
  return {
    system,
    ...(clients === undefined ? {} : { clients }),
    signups: middle(({ signups }) => signups),
    seconds: middle(({ seconds }) => seconds),
    signupsPerSecond: middle(({ signupsPerSecond }) => signupsPerSecond),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p95Ms: middle(({ p95Ms }) => p95Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    acceptedP50Ms: middle(({ acceptedP50Ms }) => acceptedP50Ms),
    cpuSecondsPer1000: middle(({ cpuSecondsPer1000 }) => cpuSecondsPer1000),
    cpuSecondsPer1000ByProcess: Object.fromEntries(
      Object.keys(byProcess).map((name) => [
        name,
        middle((window) => window.cpuSecondsPer1000ByProcess[name] ?? NaN),
      ]),
    ),
    commitsPerSignup: middle(({ commitsPerSignup }) => commitsPerSignup),
    messagesPerSignup: middle(({ messagesPerSignup }) => messagesPerSignup),
    stolen: middle(({ stolen }) => stolen),
    foreign: middle(({ foreign }) => foreign),
    spread: {
      signupsPerSecond: spreadOf(windows.map(({ signupsPerSecond }) => signupsPerSecond)),
      p50Ms: spreadOf(windows.map(({ p50Ms }) => p50Ms)),
    },
  };
}

/** The medians of all closed loops, per system and number of clients, in the order they were first played. */
export function mediansOf(windows: readonly Window[]): Medians[] {
  const kinds = new Map<string, Window[]>();
  for (const window of windows) {
    const kind = `${window.system} ${window.clients}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), window]);
  }
  return [...kinds.values()].map(medianWindow);
}

/**
 * A figure of ours divided by that of its floor, by number of clients; only where both were measured. Each window is compared with the one
 * of the floor in the same round, its neighbour: so what changes in the course of a run changes both.
 */
export function ratios(
  windows: readonly Window[],
  ours: SystemName,
  floor: SystemName | undefined,
  figure: Spreading,
): Record<string, Spread> {
  const of = (system: SystemName | undefined, clients: number | undefined) =>
    windows.filter((window) => window.system === system && window.clients === clients);
  const measured = [...new Set(windows.map(({ clients }) => clients))];
  return Object.fromEntries(
    measured.flatMap((clients) => {
      const floors = of(floor, clients);
      const perRound = of(ours, clients).flatMap((window, round) =>
        floors[round] ? [window[figure] / floors[round][figure]] : [],
      );
      return perRound.length > 0 ? [[String(clients), spreadOf(perRound)]] : [];
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
