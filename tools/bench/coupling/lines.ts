/** A cell as one line, while they are measured. */
import { number } from '../../generate/cells.ts';
import type { Answers, CouplingCell } from './figures.ts';

const columns: readonly [head: string, width: number, cell: (cell: CouplingCell) => string][] = [
  ['fault', -18, ({ fault }) => fault],
  ['style', -22, ({ style }) => style],
  ['load', -10, ({ load, patience }) => (patience === 'patient' ? patience : load)],
  ['p50 ms', 8, ({ answers }) => number(answers.p50Ms, 0)],
  ['longest', 8, ({ answers }) => number(answers.longestMs, 0)],
  ['≤ 1 s', 7, ({ answers }) => percent(answers)],
  ['at fault', 8, ({ duringFault }) => percent(duringFault)],
  ['left', 5, ({ answers }) => String(answers.left)],
  ['503', 5, ({ answers }) => String(answers.unavailable)],
  ['told ≤ 10 s', 11, ({ notified }) => `${number(notified.within10s * 100, 0)} %`],
  ['lost', 5, ({ lost }) => String(lost)],
  ['stuck', 5, ({ stuck }) => String(stuck)],
  ['twice', 5, ({ twice }) => String(twice)],
];

const percent = ({ within1s }: Answers) => `${number(within1s * 100, 0)} %`;
const row = (text: (column: (typeof columns)[number]) => string) =>
  columns
    .map((column) => (column[1] < 0 ? text(column).padEnd(-column[1]) : text(column).padStart(column[1])))
    .join(' ');

/** The head of such lines. */
export const cellHead = () => row(([head]) => head);

/** A cell. */
export const cellLine = (cell: CouplingCell) => row(([, , text]) => text(cell));
