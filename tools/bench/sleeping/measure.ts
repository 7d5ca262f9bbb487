/** The measurement of one style: more and more signups fall asleep, and at each number it is seen what that costs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Style } from '../../../domain/signup.ts';
import { needsOf } from '../../../domain/styles.ts';
import type { Stack } from '../../platform/stack.ts';
import { percentile } from '../../../domain/percentile.ts';
import { ourProcesses } from '../figures.ts';
import type { Sleepers, WakeUp } from '../results.ts';
import { ownPids } from '../systems.ts';
import { cpuSecondsDuring, megabytes } from '../usage.ts';
import { openSleepingSignups, type SleepingSignups } from './sleepers.ts';
import { wakeUp } from './wake-up.ts';

/** At how many sleepers is measured, and from how many on all are woken; `warmUp` signups pay for filling caches before. */
export type Extent = Record<'wakesFrom' | 'clicks' | 'idleMs' | 'warmUp', number> & { levels: number[] };

/** Measures a style on a stack of its own. */
export async function measureSleepers(stack: Stack, style: Style, extent: Extent, seed: number) {
  const { levels, wakesFrom, clicks, idleMs, warmUp } = extent;
  const sleeping = await openSleepingSignups(stack, style, seed);
  const pids = () => ownPids(stack);
  const sleepers: Sleepers[] = [];
  const wakeUps: WakeUp[] = [];
  await sleeping.add(warmUp);
  await sleeping.click(warmUp);
  for (const signups of levels) {
    // Those that are clicked come on top, so that so many are asleep at each click.
    const count = signups - (sleepers.at(-1)?.signups ?? 0) + clicks;
    const before = await stored(sleeping, stack.home);
    await sleeping.add(count);
    const after = await stored(sleeping, stack.home);
    const idle = await cpuSecondsDuring(pids, () => delay(idleMs));
    let clicked: number[] = [];
    const used = await cpuSecondsDuring(pids, async () => {
      clicked = await sleeping.click(clicks);
    });
    if (signups >= wakesFrom) wakeUps.push(await wakeUp(stack, style, sleeping));
    const restartSeconds = await restart(stack, style);
    await sleeping.untilAtRest();
    sleepers.push({
      style,
      signups,
      bytesEach: {
        postgres: (after.postgres - before.postgres) / count,
        temporal: needsOf(style).includes('temporal') ? (after.temporal - before.temporal) / count : 0,
      },
      memoryMb: megabytes(pids()),
      idlePercent: Object.fromEntries(idle.map(([name, seconds]) => [name, (100_000 * seconds) / idleMs])),
      clickP50Ms: percentile(clicked, 50),
      clickP95Ms: percentile(clicked, 95),
      clickCpuMs: (1000 * used.reduce((sum, [, seconds]) => sum + seconds, 0)) / clicks,
      restartSeconds,
    });
    console.log(sleepers.at(-1));
  }
  await sleeping.admin.end();
  return { sleepers, wakeUps };
}

/** How many bytes the database and Temporal's file hold. Of the latter every page counts, those in its write-ahead log included. */
async function stored({ admin }: SleepingSignups, home: string) {
  const { rows } = await admin.query<{ size: string }>('select pg_database_size(current_database()) as size');
  const file = readdirSync(home).find((name) => /^temporal-.*\.db$/.test(name))!;
  const database = new DatabaseSync(join(home, file), { readOnly: true });
  const size = 'select page_count * page_size as size from pragma_page_count, pragma_page_size';
  const temporal = Number(database.prepare(size).get()!['size']);
  database.close();
  return { postgres: Number(rows[0]!.size), temporal };
}

/** Kills what plays the style and starts it again. Resolves with the seconds from starting until all of it is ready. */
async function restart(stack: Stack, style: Style): Promise<number> {
  const names = needsOf(style).includes('temporal') ? [...ourProcesses, 'temporal' as const] : ourProcesses;
  await Promise.all(names.map((name) => stack.hold(name)));
  const from = performance.now();
  await Promise.all(names.map((name) => stack.release(name)));
  return (performance.now() - from) / 1000;
}
