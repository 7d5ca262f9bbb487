/** The tables of docs/sleeping.md: what signups cost while they wait, what it took to wake them, and what is wanted of both. */
import { ofOurs } from '../bench/figures.ts';
import type { BenchResults, SleepingResults } from '../bench/results.ts';
import type { Style } from '../../domain/signup.ts';
import { duet, traits } from '../../domain/styles.ts';
import { cells, measuredOn, number } from './cells.ts';

/** Something wanted, and what came of it. */
type Target = { what: string; wanted: string; measured: number; met: boolean };

/** All three, with machine and versions. `bench` says how fast the chain is under full load. */
export function sleepingTables(
  { machine, versions, sleepers, wakeUp }: SleepingResults,
  bench: Pick<BenchResults, 'medians'> | undefined,
): string {
  const costs = sleepers.map((each) =>
    cells([
      each.style,
      each.signups.toLocaleString('en'),
      number(each.bytesEach.postgres / 1000),
      number(each.bytesEach.temporal / 1000),
      number(ofOurs(each.memoryMb), 0),
      number(ofOurs(each.idlePercent)),
      `${number(each.clickP50Ms)}, ${number(each.clickP95Ms)}`,
      number(each.clickCpuMs),
      number(each.restartSeconds),
    ]),
  );
  const woken = Object.values(wakeUp)
    .flat()
    .map(({ style, mails, seconds, mailsPerSecond, lost, twice }) =>
      cells([
        style,
        mails.toLocaleString('en'),
        number(seconds),
        number(mailsPerSecond, 0),
        String(lost),
        String(twice),
      ]),
    );
  return [
    '| style | asleep | kB each in Postgres | in Temporal | MB of our processes | % of a core | click ms p50, p95 | CPU ms | restart s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...costs,
    '',
    '| woken at once | mails | seconds | mails/s | lost | twice |',
    '|---|---|---|---|---|---|',
    ...woken,
    '',
    '| wanted | at | measured | |',
    '|---|---|---|---|',
    ...targetsOf({ sleepers, wakeUp }, bench).map(({ what, wanted, measured, met }) =>
      cells([what, wanted, number(measured, 2), met ? 'met' : 'missed']),
    ),
    '',
    measuredOn({ machine, versions }),
  ].join('\n');
}

/**
 * What is wanted, as far as it was measured. A mail of a wake-up is compared with a signup under full load, which has a mail and an
 * SMS.
 */
export function targetsOf(
  { sleepers, wakeUp }: Pick<SleepingResults, 'sleepers' | 'wakeUp'>,
  bench: Pick<BenchResults, 'medians'> | undefined,
): Target[] {
  const targets: Target[] = [];
  const atMost = (most: number, what: string, measured: number) =>
    targets.push({ what, wanted: `≤ ${most}`, measured, met: measured <= most });
  const among = (style: Style, signups: number) =>
    sleepers.find((each) => each.style === style && each.signups === signups);
  for (const style of duet) {
    const [few, some, many] = [among(style, 100), among(style, 1000), among(style, 10_000)];
    if (!many) continue;
    if (some) {
      const grown = ofOurs(many.memoryMb) - ofOurs(some.memoryMb);
      atMost(20, `${style}: MB that ours grow by from 1,000 to 10,000 asleep`, grown);
    }
    if (few) {
      atMost(1.5, `${style}: a click among 10,000 asleep ÷ among 100`, many.clickP50Ms / few.clickP50Ms);
      atMost(1.5, `${style}: its CPU time, likewise`, many.clickCpuMs / few.clickCpuMs);
    }
    const idle = ofOurs(many.idlePercent);
    atMost(2, `${style}: percent of one core that ours use with 10,000 asleep`, idle);
  }
  // Workflows are woken by a request each, so that their pace is that of the requests.
  for (const style of duet.filter((each) => traits[each].mechanism === 'chain')) {
    const woken = wakeUp[style].find(({ mails }) => mails >= 9000);
    const full = bench?.medians.find(({ system, clients }) => system === style && clients === 100);
    if (!woken || !full) continue;
    const measured = woken.mailsPerSecond / full.signupsPerSecond;
    const what = `${style}: mails/s of the wake-up ÷ signups/s of 100 clients`;
    targets.push({ what, wanted: '≥ 0.75', measured, met: measured >= 0.75 });
  }
  return targets;
}
