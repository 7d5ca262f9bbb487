/** The table of docs/live-page.md: what the page takes of a browser and of a start, and what is wanted of that. */
import { spreadOf } from '../bench/figures.ts';
import { apart, measuredOn, table, type MeasuredOn } from './cells.ts';

/** What a page came to that was open while a crowd came, and what it takes to make it. */
export type PageFigures = {
  tasksOver200Ms: number;
  longestTaskMs: number;
  longestOnCoreMs: number;
  heapMb: number;
  mostEntriesPerFrame: number;
  elements: number;
  gzippedKb: number;
  bundlingMs: number;
};

/** `results/page.json`: the same for each crowd of so many signups. */
export type PageResults = MeasuredOn & { signups: number; crowds: PageFigures[] };

const rows: readonly { figure: keyof PageFigures; what: string; atMost?: number; digits?: number }[] = [
  { figure: 'tasksOver200Ms', what: 'tasks over 200 ms', atMost: 0 },
  { figure: 'longestTaskMs', what: 'the longest task, ms' },
  { figure: 'longestOnCoreMs', what: 'the most that a task had of a core, ms' },
  { figure: 'heapMb', what: 'heap, MB', atMost: 150, digits: 1 },
  { figure: 'mostEntriesPerFrame', what: 'most entries of the feed applied in one frame' },
  { figure: 'elements', what: 'elements' },
  { figure: 'gzippedKb', what: 'script and style sheet, kB gzipped', atMost: 60, digits: 1 },
  { figure: 'bundlingMs', what: 'bundling them, ms', atMost: 1000 },
];

/** The table; or that there are no figures yet. A target is met where every crowd has met it. */
export function pageTable(results: PageResults | undefined): string {
  if (!results) return '`npm test -- tests/web/crowd.test.ts --record` has not been run yet for this table.';
  const { crowds, signups, ...on } = results;
  const cells = rows.map(({ figure, what, atMost, digits = 0 }) => {
    const spread = spreadOf(crowds.map((crowd) => crowd[figure]));
    const verdict = atMost === undefined ? '' : spread.most <= atMost ? 'met' : 'missed';
    return [what, atMost === undefined ? '' : `≤ ${atMost}`, apart(spread, digits), verdict];
  });
  const heads = [`${crowds.length} crowds of ${signups.toLocaleString('en')}`, 'wanted', 'measured', ''];
  return [table(heads, cells), '', measuredOn(on)].join('\n');
}
