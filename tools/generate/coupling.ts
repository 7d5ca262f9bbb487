/** The tables of who waits while something is slow or away: all of them for docs/coupling.md, a small one for those who read no other. */
import type { Answers, CouplingCell, CouplingResults } from '../bench/coupling/figures.ts';
import { allJobs, isSameCell, nameOf, usually, type CellName } from '../bench/coupling/plan.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { measuredOn, number, table } from './cells.ts';

type Figure = (cell: CouplingCell) => string;
type Kind = Pick<CellName, 'load' | 'patience'>;

const percent = (share: number) => `${number(share * 100, 0)} %`;
const duration = (ms: number) => (ms < 1000 ? `${number(ms, 0)} ms` : `${number(ms / 1000)} s`);
const risen = (before: number, most: number) => `${most} (+${most - before})`;
const waits = ({ p50Ms, longestMs }: Answers) => `${duration(p50Ms)}, ${duration(longestMs)}`;

const figures: readonly [title: string, figure: Figure][] = [
  [
    'Accepted within a second, of those who asked while it was broken',
    ({ duringFault }) => percent(duringFault.within1s),
  ],
  [
    'How long they waited for an answer: half of them at most, all of them at most',
    ({ duringFault }) => waits(duringFault),
  ],
  [
    'Notified within 1, 10 and 60 s of asking, of all who asked',
    ({ notified: { within1s, within10s, within60s } }) =>
      [within1s, within10s, within60s].map(percent).join(', '),
  ],
  ['Left without an answer, were answered 503', ({ answers }) => `${answers.left}, ${answers.unavailable}`],
  ['What became of the signups', verdictOf],
  [
    'The api at most: callers that wait, threads, MB (and how many more of these than when it began)',
    ({ mostInFlight, api }) =>
      api
        ? `${mostInFlight}, ${risen(api.beforeThreads, api.mostThreads)}, ${risen(api.beforeMb, api.mostMb)}`
        : String(mostInFlight),
  ],
];

/** Callers who do not come back, callers who repeat, and many callers. */
const kinds: readonly [title: string, kind: Kind][] = [
  ['Callers who leave', { load: 'steady', patience: 'impatient' }],
  ['Callers who repeat', { load: 'steady', patience: 'patient' }],
  ['Many callers', { load: 'rush', patience: 'impatient' }],
];

/** What stands where nothing was measured yet. */
export const notMeasured = 'There are no published figures yet; `npm run bench -- coupling` measures them.';

/** All tables. */
export function couplingTables(results: CouplingResults): string {
  return [...kinds.flatMap(([title, kind]) => tablesOf(results, title, kind)), measuredOn(results)].join(
    '\n\n',
  );
}

function tablesOf({ cells, faults }: CouplingResults, title: string, kind: Kind): string[] {
  const own = cells.filter(({ load, patience }) => load === kind.load && patience === kind.patience);
  if (own.length === 0) return [];
  const shown = styles.filter((style) => own.some((cell) => cell.style === style));
  const played = faults.filter(({ name }) => own.some(({ fault }) => fault === name));
  return [
    `### ${title}`,
    ...figures.map(([head, figure]) => {
      const rows = played.map(({ name, says }) => [
        says,
        ...shown.map((style) => {
          const cell = own.find((each) => each.fault === name && each.style === style);
          return cell ? figure(cell) : '–';
        }),
      ]);
      return `**${head}**\n\n${table(['', ...shown.map(titleOf)], rows)}`;
    }),
  ];
}

const titleOf = (style: Style) => traits[style].title;

/** In words, as a style that forgets is to be seen at once. */
function verdictOf({ lost, stuck, inconsistent, twice }: CouplingCell): string {
  const counted: [count: number, word: string][] = [
    [lost, 'lost'],
    [stuck, 'stuck'],
    [inconsistent, 'inconsistent'],
    [twice, 'twice'],
  ];
  const found = counted.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return found.length > 0 ? found.join(', ') : 'kept';
}

/** Whether every cell of a whole run is there. */
function isComplete({ quick, cells }: Pick<CouplingResults, 'quick' | 'cells'>): boolean {
  return !quick && allJobs(usually).every((job) => cells.some((cell) => isSameCell(cell, nameOf(job))));
}

/** What callers see in each style while mail is slow, and while it is silent; nothing before a whole run. */
export function couplingInShort(results: CouplingResults): string | undefined {
  if (!isComplete(results)) return undefined;
  const cellOf = (style: Style, fault: string) =>
    results.cells.find((cell) => isSameCell(cell, { load: 'steady', patience: 'impatient', fault, style }))!;
  const rows = styles.map((style) => {
    const [slow, silent] = [cellOf(style, 'mail-slow'), cellOf(style, 'mail-silent')];
    return [
      titleOf(style),
      duration(slow.duringFault.p50Ms),
      percent(silent.duringFault.within1s),
      duration(silent.duringFault.longestMs),
      verdictOf(silent),
    ];
  });
  const heads = [
    '',
    'mail slow by 500 ms: half wait at most',
    'mail silent for 10 s: accepted within 1 s',
    'longest wait',
    'what became of the signups',
  ];
  return table(heads, rows);
}
