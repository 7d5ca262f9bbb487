/** `npm run bench -- sleeping`: what signups cost while they wait for days, and what it takes to wake them, one style at a time. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { styles, type Style } from '../../../domain/signup.ts';
import type { Results } from '../../generate/tables.ts';
import { describeVersions, versionLine, type Machine } from '../machine.ts';
import type { Options } from '../options.ts';
import { onOwnStack } from '../own-stack.ts';
import { writeResults } from '../results.ts';
import { targetsOf, type Sleepers, type WakeUp } from './figures.ts';
import { garbage } from './garbage.ts';
import { measureSleepers, type Extent } from './measure.ts';
import { sleepersLine, sleepingReport } from './report.ts';

/** Workflows are fewer: a server on such a machine starts about 25 a second. */
const levels: Record<Style, { usual: readonly number[]; large: readonly number[] }> = {
  choreography: { usual: [100, 1000, 10_000], large: [100, 1000, 10_000, 100_000] },
  orchestration: { usual: [100, 1000], large: [100, 1000, 10_000] },
};

/** Measures on a fresh stack per style, prints the tables and writes the figures. */
export async function measureSleeping(options: Options, machine: Machine): Promise<void> {
  const { quick, large, seed } = options;
  let versions: Record<string, string> = {};
  const sleepers: Sleepers[] = [];
  const wakeUp: Record<Style, WakeUp[]> = { choreography: [], orchestration: [] };
  for (const style of styles.filter((each) => options.only.includes(each))) {
    const collector = garbage();
    const measured = await onOwnStack(
      async (stack) => {
        if (sleepers.length === 0) {
          versions = await describeVersions(stack);
          console.log(versionLine(versions));
        }
        return measureSleepers({
          stack,
          style,
          seed,
          extent: extentOf(style, { quick, large }),
          collect: collector.collect,
          report: (each) => console.log(sleepersLine(each)),
        });
      },
      { processEnvironment: collector.environment, output: collector.heard },
    );
    sleepers.push(...measured.sleepers);
    wakeUp[style] = measured.wakeUps;
  }
  const targets = targetsOf(sleepers, Object.values(wakeUp).flat(), await fullPace());
  const results = { machine, versions, seed, sleepers, wakeUp, targets };
  console.log(sleepingReport(results));
  await writeResults(options.out, results);
}

function extentOf(style: Style, { quick, large }: { quick: boolean; large: boolean }): Extent {
  if (quick) return { levels: [20, 60], wakesFrom: 60, clicks: 5, idleMs: 2000, warmUp: 20 };
  const { usual, large: more } = levels[style];
  const measured = large ? more : usual;
  const wakesFrom = style === 'choreography' ? 10_000 : 1000;
  const warmUp = style === 'choreography' ? 500 : 50;
  return { levels: measured, wakesFrom, clicks: 100, idleMs: 10_000, warmUp };
}

/** How many signups of the chain there were in a second, of 100 clients, when both styles were last measured. */
async function fullPace(): Promise<number | undefined> {
  const file = new URL('../../../results/bench.json', import.meta.url);
  if (!existsSync(file)) return undefined;
  const { medians } = JSON.parse(await readFile(file, 'utf8')) as Results;
  return medians.find(({ system, clients }) => system === 'choreography' && clients === 100)
    ?.signupsPerSecond;
}
