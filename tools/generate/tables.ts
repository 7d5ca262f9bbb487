/**
 * Tables that documents take from what was measured or seen. Between `<!-- generated: NAME -->` and
 * `<!-- end of what is generated: NAME -->` stands what `npm run generate` made of its source.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isStyle } from '../bench/figures.ts';
import type { CouplingResults } from '../bench/coupling/figures.ts';
import type { BalanceResults, BenchResults, SleepingResults } from '../bench/results.ts';
import type { LabResults } from '../lab/figures.ts';
import { failureTables } from './failure-tables.ts';
import { balanceTable } from './balance.ts';
import { apart, cells, measuredOn, number } from './cells.ts';
import { couplingInShort, couplingTables, notMeasured } from './coupling.ts';
import { drillsOfDocument, drillsTable, type DrillResults } from './drills.ts';
import { lateSubscriberTable } from './late-subscriber.ts';
import { pageTable, type PageResults } from './page.ts';
import { sleepingTables } from './sleeping.ts';
import { styleTables } from './styles.ts';
import { ownLines, verdictTables } from './verdict.ts';

const root = new URL('../../', import.meta.url);
const marked = (name: string) =>
  new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- end of what is generated: ${name} -->)`);

/** The documents whose tables are generated. */
export const tabled = [
  'README.md',
  'docs/balance.md',
  'docs/coupling.md',
  'docs/drills.md',
  'docs/failures.md',
  'docs/late-subscriber.md',
  'docs/live-page.md',
  'docs/numbers.md',
  'docs/sleeping.md',
  'docs/which-style.md',
] as const;

/** A document with its tables as their sources have them now. */
export async function withTables(document: string): Promise<string> {
  const [balance, bench, coupling, asleep, lab, drills, page] = await Promise.all([
    resultsOf<BalanceResults>('balance'),
    resultsOf<BenchResults>('bench'),
    resultsOf<CouplingResults>('coupling'),
    resultsOf<SleepingResults>('sleeping'),
    resultsOf<LabResults>('lab'),
    resultsOf<DrillResults>('drills'),
    resultsOf<PageResults>('page'),
  ]);
  const tables: Record<string, string> = { ...styleTables(), 'late-subscriber': lateSubscriberTable() };
  if (bench) tables['figures'] = figures(bench);
  tables['balance'] = balanceTable(balance);
  tables['coupling'] = coupling ? couplingTables(coupling) : notMeasured;
  tables['coupling-in-short'] = (coupling && couplingInShort(coupling)) ?? notMeasured;
  tables['page'] = pageTable(page);
  if (asleep) tables['sleeping'] = sleepingTables(asleep, bench);
  if (lab) Object.assign(tables, failureTables(lab));
  if (drills) tables['drills'] = drillsTable(await drillsOfDocument(), drills);
  if (bench && asleep && lab) {
    Object.assign(tables, verdictTables({ bench, sleeping: asleep, lab, ownLines: await ownLines() }));
  }
  return Object.entries(tables).reduce(
    (text, [name, made]) =>
      text.replace(marked(name), (_, begin: string, end: string) => `${begin}${made}\n${end}`),
    document,
  );
}

/** What `results/` has of that name; undefined where it was not measured yet. */
async function resultsOf<T>(name: string): Promise<T | undefined> {
  const file = new URL(`results/${name}.json`, root);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as T) : undefined;
}

/** The figures of the styles, each beside its floor. */
function figures({
  machine,
  versions,
  medians,
  openLoops,
  ratios,
  p50Ratios,
  synchronousFull,
}: BenchResults): string {
  const rows = medians.flatMap((window) => {
    const { system, clients, spread, p95Ms, cpuSecondsPer1000, commitsPerSignup } = window;
    if (!isStyle(system)) return [];
    return cells([
      system,
      String(clients),
      apart(spread.signupsPerSecond, 1),
      apart(ratios[system][String(clients)], 2),
      apart(spread.p50Ms, 0),
      apart(p50Ratios[system][String(clients)], 2),
      number(p95Ms, 0),
      number(cpuSecondsPer1000),
      number(commitsPerSignup),
    ]);
  });
  const open = openLoops.map(
    ({ system, sentPerSecond, p50Ms, p95Ms, p99Ms }) =>
      `${system} at ${number(sentPerSecond)}/s: ${number(p50Ms, 0)}, ${number(p95Ms, 0)} and ${number(p99Ms, 0)} ms`,
  );
  const flushed =
    synchronousFull === undefined
      ? []
      : [
          `With \`synchronous=FULL\`, ${synchronousFull.system} does ${number(synchronousFull.signupsPerSecond)} signups/s at ${synchronousFull.clients} clients.`,
        ];
  return [
    '| style | clients | signups/s | ÷ floor | p50 ms | ÷ floor | p95 ms | CPU s per 1,000 | commits per signup |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `Open loop at half of the most that each did, p50, p95 and p99: ${open.join('; ')}.`,
    ...flushed,
    '',
    measuredOn({ machine, versions }),
  ].join('\n');
}
