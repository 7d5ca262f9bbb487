/** The whole measurement of one style: more and more signups fall asleep, and at each number it is looked what that costs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Style } from '../../../domain/signup.ts';
import type { Stack } from '../../platform/stack.ts';
import { percentile } from '../figures.ts';
import { cpuSeconds, megabytes } from '../usage.ts';
import { openDormitory, type Dormitory } from './asleep.ts';
import { ourProcesses, type Sleepers, type WakeUp } from './figures.ts';
import { stored } from './storage.ts';
import { wakeUp } from './wake-up.ts';

/** How much is measured: at how many sleepers, from how many on they are all woken, and how closely it is looked. */
export type Extent = {
  levels: readonly number[];
  wakesFrom: number;
  clicks: number;
  idleMs: number;
  /** Signups before anything is measured: they pay for compiling, connecting and filling caches. */
  warmUp: number;
};

export type Measuring = {
  stack: Stack;
  style: Style;
  extent: Extent;
  seed: number;
  /** Makes a process of ours collect its garbage. */
  collect: (process: string, pid: number) => Promise<void>;
  report: (sleepers: Sleepers) => void;
};

/** Measures. Those who sleep at the end go on sleeping. */
export async function measureSleepers(
  measuring: Measuring,
): Promise<{ sleepers: Sleepers[]; wakeUps: WakeUp[] }> {
  const { stack, style, extent, seed, report } = measuring;
  const dormitory = await openDormitory(stack, style, seed);
  const sleepers: Sleepers[] = [];
  const wakeUps: WakeUp[] = [];
  try {
    await dormitory.putToSleep(extent.warmUp);
    await clickAll(dormitory, extent.warmUp);
    let asleep = 0;
    for (const level of extent.levels) {
      // Those who are clicked awake come on top, so that so many are asleep at each click.
      const count = level - asleep + extent.clicks;
      const before = await stored(dormitory.admin, stack.home);
      const fallAsleepPerSecond = await dormitory.putToSleep(count);
      const after = await stored(dormitory.admin, stack.home);
      const memoryMb = await memoryOf(measuring);
      const { idlePercent, idleCommitsPerSecond } = await idleOf(measuring, dormitory);
      const cpuBefore = cpuOf(stack);
      const clicked = await clickAll(dormitory, extent.clicks);
      const clickCpuMs = (1000 * (cpuOf(stack) - cpuBefore)) / extent.clicks;
      if (level >= extent.wakesFrom) wakeUps.push(await wakeUp(stack, style, dormitory));
      const measured = {
        style,
        signups: level,
        fallAsleepPerSecond,
        memoryMb,
        idlePercent,
        idleCommitsPerSecond,
        bytesEach: {
          postgres: (after.postgres - before.postgres) / count,
          temporal: style === 'choreography' ? 0 : (after.temporal - before.temporal) / count,
        },
        clickP50Ms: percentile(clicked, 50),
        clickP95Ms: percentile(clicked, 95),
        clickCpuMs,
        restartSeconds: await restart(stack, style),
      };
      sleepers.push(measured);
      report(measured);
      asleep = level;
    }
  } finally {
    await dormitory.close();
  }
  return { sleepers, wakeUps };
}

/** One click after the other, as nobody else does anything. */
async function clickAll(dormitory: Dormitory, count: number): Promise<number[]> {
  const milliseconds: number[] = [];
  for (const id of await dormitory.sleepers(count)) milliseconds.push(await dormitory.click(id));
  await dormitory.untilAtRest();
  return milliseconds;
}

async function memoryOf({ stack, collect }: Measuring): Promise<Record<string, number>> {
  for (const name of ourProcesses) await collect(name, stack.pidOf(name)!);
  return megabytes(pidsOf(stack));
}

/** CPU seconds of all processes. */
function cpuOf(stack: Stack): number {
  return Object.values(cpuSeconds(pidsOf(stack), [])).reduce((sum, each) => sum + each, 0);
}

async function idleOf({ stack, extent }: Measuring, { admin }: Dormitory) {
  const commits = async () => {
    const { rows } = await admin.query<{ commits: string }>(
      'select xact_commit as commits from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]!.commits);
  };
  const [from, before, committed] = [performance.now(), cpuSeconds(pidsOf(stack), []), await commits()];
  await delay(extent.idleMs);
  const [until, after, nowCommitted] = [performance.now(), cpuSeconds(pidsOf(stack), []), await commits()];
  const seconds = (until - from) / 1000;
  return {
    idlePercent: Object.fromEntries(
      Object.entries(after).map(([name, used]) => [name, (100 * (used - (before[name] ?? NaN))) / seconds]),
    ),
    idleCommitsPerSecond: (nowCommitted - committed) / seconds,
  };
}

/** Kills what plays the style and starts it again. Resolves with the seconds from starting until all of it is ready. */
async function restart(stack: Stack, style: Style): Promise<number> {
  const names = [
    ...(['accounts', 'notifications', 'api'] as const),
    ...(style === 'orchestration' ? ['temporal' as const] : []),
  ];
  await Promise.all(names.map((name) => stack.hold(name)));
  const from = performance.now();
  await Promise.all(names.map((name) => stack.release(name)));
  return (performance.now() - from) / 1000;
}

function pidsOf(stack: Stack): Record<string, number | undefined> {
  const all = [...ourProcesses, 'postgres', 'rabbitmq', 'temporal'] as const;
  return Object.fromEntries(all.map((name) => [name, stack.pidOf(name)]));
}
