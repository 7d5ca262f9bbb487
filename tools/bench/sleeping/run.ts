/** `npm run bench -- sleeping`: what signups cost while they wait for days, and what it takes to wake them, one style at a time. */
import { styles } from '../../../domain/signup.ts';
import { forEachStyle, traits, type Mechanism } from '../../../domain/styles.ts';
import { describeVersions, type Machine } from '../machine.ts';
import type { Options } from '../options.ts';
import { onOwnStack } from '../own-stack.ts';
import { writeResults, type SleepingResults } from '../results.ts';
import { measureSleepers, type Extent } from './measure.ts';

/** Workflows are fewer: the embedded server takes longer to start them. */
const usual: Record<Mechanism, Extent> = {
  calls: { levels: [100, 1000, 10_000], wakesFrom: 10_000, clicks: 100, idleMs: 10_000, warmUp: 500 },
  chain: { levels: [100, 1000, 10_000], wakesFrom: 10_000, clicks: 100, idleMs: 10_000, warmUp: 500 },
  workflow: { levels: [100, 1000], wakesFrom: 1000, clicks: 100, idleMs: 10_000, warmUp: 50 },
};
const quickly: Extent = { levels: [20, 60], wakesFrom: 60, clicks: 5, idleMs: 2000, warmUp: 20 };

/** Measures on a fresh stack per style, prints what is found and writes the figures. */
export async function measureSleeping({ quick, large, only, seed, out }: Options, machine: Machine) {
  const wakeUp: SleepingResults['wakeUp'] = forEachStyle(() => []);
  const results: SleepingResults = { machine, versions: {}, seed, sleepers: [], wakeUp };
  for (const style of styles.filter((each) => only.includes(each))) {
    const extent = quick ? quickly : usual[traits[style].mechanism];
    const levels = large ? [...extent.levels, 10 * extent.levels.at(-1)!] : extent.levels;
    await onOwnStack(async (stack) => {
      results.versions = await describeVersions(stack);
      const { sleepers, wakeUps } = await measureSleepers(stack, style, { ...extent, levels }, seed);
      console.log(wakeUps);
      results.sleepers.push(...sleepers);
      results.wakeUp[style] = wakeUps;
    });
  }
  await writeResults(out, results);
}
