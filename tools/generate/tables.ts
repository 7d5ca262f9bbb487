/**
 * Tables that documents take from what was measured or seen. Between `<!-- generated: NAME -->` and
 * `<!-- end of what is generated: NAME -->` stands what `npm run generate` made of its source.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Spread } from '../bench/figures.ts';
import type { BenchResults, Pair, SleepingResults } from '../bench/results.ts';
import type { LabResults } from '../lab/figures.ts';
import { failureTables } from './failure-tables.ts';
import { cells, number } from './cells.ts';
import { drillsOfDocument, drillsTable, type DrillResults } from './drills.ts';
import { sleepingTables } from './sleeping.ts';
import { ownLines, verdictTables } from './verdict.ts';

const root = new URL('../../', import.meta.url);
const marked = (name: string) =>
  new RegExp(`(<!-- generated: ${name} -->\\n)[\\s\\S]*?(<!-- end of what is generated: ${name} -->)`);

/** The documents whose tables are generated. */
export const tabled = [
  'docs/drills.md',
  'docs/failures.md',
  'docs/numbers.md',
  'docs/sleeping.md',
  'docs/what-must-be-up.md',
  'docs/which-style.md',
] as const;

/** A document with its tables as their sources have them now. */
export async function withTables(document: string): Promise<string> {
  const seen = await readFile(new URL('docs/what-must-be-up.md', root), 'utf8');
  const [bench, asleep, lab, drills] = await Promise.all([
    resultsOf<BenchResults>('bench'),
    resultsOf<SleepingResults>('sleeping'),
    resultsOf<LabResults>('lab'),
    resultsOf<DrillResults>('drills'),
  ]);
  const tables: Record<string, string> = { 'without-a-part': withoutAPart(seen) };
  if (bench) tables['figures'] = figures(bench);
  if (asleep) tables['sleeping'] = sleepingTables(asleep, bench);
  if (lab) Object.assign(tables, failureTables(lab));
  if (drills) tables['drills'] = drillsTable(await drillsOfDocument(), drills);
  if (bench && asleep && lab) {
    Object.assign(tables, verdictTables({ bench, sleeping: asleep, lab, ownLines: await ownLines() }));
  }
  return Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(marked(name), (_, begin: string, end: string) => `${begin}${table}\n${end}`),
    document,
  );
}

/** What `results/` has of that name; undefined where it was not measured yet. */
async function resultsOf<T>(name: string): Promise<T | undefined> {
  const file = new URL(`results/${name}.json`, root);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as T) : undefined;
}

const asked = ['POST /signups', 'GET /signups/<id>', 'POST /verify/<token>'];

/** Of the whole table of what was seen without each part, the requests of a customer, a row per part. */
export function withoutAPart(document: string): string {
  const answers = document
    .split('\n')
    .map((line) => /^\| (\w+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/.exec(line))
    .filter((match) => match !== null);
  const parts = [...new Set(answers.map(([, part]) => part))];
  const rows = parts.map((part) => {
    const given = asked.flatMap((request) => {
      const [, , , choreography, orchestration] =
        answers.find(([, ofPart, ofRequest]) => ofPart === part && ofRequest === request) ?? [];
      return [choreography, orchestration];
    });
    return `| ${[part, ...given].join(' | ')} |`;
  });
  return [
    '| without | sign up: chain | workflow | look: chain | workflow | click: chain | workflow |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const floorOf: Record<string, Pair> = {
  choreography: 'choreographyToFloor',
  orchestration: 'orchestrationToFloor',
};

/** A figure with its smallest and largest value in the run. */
function apart(spread: Spread | undefined, digits: number): string {
  if (!spread) return number(undefined);
  const [median, least, most] = [spread.median, spread.least, spread.most].map((value) =>
    number(value, digits),
  );
  return `${median} (${least} to ${most})`;
}

/** The figures of the two styles, each beside its floor. */
function figures({
  machine,
  versions,
  medians,
  openLoops,
  ratios,
  p50Ratios,
  synchronousFull,
}: BenchResults): string {
  const rows = medians
    .filter(({ system }) => system in floorOf)
    .map((window) => {
      const { system, clients, spread, p95Ms, cpuSecondsPer1000, commitsPerSignup } = window;
      const floor = floorOf[system]!;
      return cells([
        system,
        String(clients),
        apart(spread.signupsPerSecond, 1),
        apart(ratios[floor][String(clients)], 2),
        apart(spread.p50Ms, 0),
        apart(p50Ratios[floor][String(clients)], 2),
        number(p95Ms, 0),
        number(cpuSecondsPer1000),
        number(commitsPerSignup),
      ]);
    });
  const open = openLoops
    .filter(({ system }) => system in floorOf)
    .map(
      ({ system, sentPerSecond, p50Ms, p95Ms, p99Ms }) =>
        `${system} at ${number(sentPerSecond)}/s: ${number(p50Ms, 0)}, ${number(p95Ms, 0)} and ${number(p99Ms, 0)} ms`,
    );
  const flushed =
    synchronousFull === undefined
      ? []
      : [
          `With \`synchronous=FULL\`, orchestration does ${number(synchronousFull.signupsPerSecond)} signups/s at ${synchronousFull.clients} clients.`,
        ];
  return [
    '| style | clients | signups/s | ÷ floor | p50 ms | ÷ floor | p95 ms | CPU s per 1,000 | commits per signup |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `Open loop at half of the most that each did, p50, p95 and p99: ${open.join('; ')}.`,
    ...flushed,
    '',
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ].join('\n');
}
