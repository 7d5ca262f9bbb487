/**
 * A history as a table, and two of them side by side: the same steps in one column, and how each style came to them in the
 * two others.
 */
import type { HistoryEntry } from '../../domain/history.ts';
import type { Signup } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import {
  between,
  lengthOf,
  looks,
  moment,
  painted,
  styleWidth,
  table,
  terminalWidth,
  wrap,
  harmless,
} from './terminal.ts';
import type { Cell } from './terminal.ts';

/** A signup and its history. */
export type SignupHistory = {
  signup: Pick<Signup, 'id' | 'style' | 'status' | 'startedAt'>;
  history: HistoryEntry[];
};

/** One history: a line per step, each with the time since the signup began. */
export function historyTable({ signup, history }: SignupHistory, width = terminalWidth()): string {
  const rows = history.map(({ at, kind, step, attempts, detail, source }): Cell[] => [
    { text: step },
    { text: `${looks[kind].sign} ${kind}`, format: looks[kind].format },
    { text: between(signup.startedAt, at) },
    { text: String(attempts), format: attempts > 1 ? 'yellow' : 'dim' },
    { text: source, format: 'dim' },
    { text: detail ?? '' },
  ]);
  return [
    caption(signup),
    '',
    table(
      [
        { head: 'step' },
        { head: 'came to' },
        { head: 'after', align: 'right' },
        { head: 'attempts', align: 'right' },
        { head: 'read from' },
        { head: 'detail', wraps: true },
      ],
      rows,
      width,
    ),
  ].join('\n');
}

type Step = { name: string; left: HistoryEntry | undefined; right: HistoryEntry | undefined };

/** Two histories, step for step. */
export function sideBySide(left: SignupHistory, right: SignupHistory, width = terminalWidth()): string {
  const steps = alignedSteps(left.history, right.history);
  const name = Math.max(...steps.map((step) => step.name.length), 'step'.length);
  const side = Math.max(24, Math.floor((width - name - 2 * separator.length) / 2));
  const line = (first: Cell, second: Cell, third: Cell) =>
    [padded(first, name), padded(second, side), padded(third, side)]
      .join(painted(separator, 'dim'))
      .trimEnd();
  const rule = painted(
    [name, side, side].map((each) => '─'.repeat(each)).join(separator.replaceAll(' ', '─').replace('│', '┼')),
    'dim',
  );
  const head = ({ signup }: SignupHistory): Cell => ({
    text: `${signup.style} ${signup.id.slice(0, 8)}`,
    format: ['bold', traits[signup.style].colour],
  });
  const rows = steps.flatMap((step) => {
    const cells = [cellLines(step.left, left, side), cellLines(step.right, right, side)] as const;
    return Array.from({ length: Math.max(cells[0].length, cells[1].length) }, (_, index) =>
      line({ text: index === 0 ? step.name : '' }, cells[0][index] ?? empty, cells[1][index] ?? empty),
    );
  });
  return [
    caption(left.signup),
    caption(right.signup),
    '',
    line({ text: 'step', format: 'bold' }, head(left), head(right)),
    rule,
    ...rows,
    rule,
    line({ text: '' }, readFrom(left), readFrom(right)),
  ].join('\n');
}

const separator = ' │ ';
const empty: Cell = { text: '' };
const timeWidth = 12;
const indent = '  ';

/** The steps of both in one order: that of the left one, and what only the right one has after all that preceded it there. */
export function alignedSteps(left: readonly HistoryEntry[], right: readonly HistoryEntry[]): Step[] {
  const [lefts, rights] = [occurrences(left), occurrences(right)];
  const keys = [...lefts.keys()];
  let after = -1;
  for (const key of rights.keys()) {
    const known = keys.indexOf(key);
    if (known >= 0) after = Math.max(after, known);
    else keys.splice((after += 1), 0, key);
  }
  return keys.map((key) => {
    const [l, r] = [lefts.get(key), rights.get(key)];
    return { name: (l ?? r)!.step, left: l, right: r };
  });
}

/** By name, and where a step is there more than once by its number too. */
function occurrences(history: readonly HistoryEntry[]): Map<string, HistoryEntry> {
  const seen = new Map<string, HistoryEntry>();
  for (const entry of history) {
    let number = 1;
    while (seen.has(`${entry.step} ${number}`)) number += 1;
    seen.set(`${entry.step} ${number}`, entry);
  }
  return seen;
}

/** How a side came to a step: when and what, and below it the reason. */
function cellLines(entry: HistoryEntry | undefined, { signup }: SignupHistory, width: number): Cell[] {
  if (!entry) return [{ text: `${' '.repeat(timeWidth)}·`, format: 'dim' }];
  const { at, kind, attempts, detail } = entry;
  const { sign, format } = looks[kind];
  const times = attempts > 1 ? `, ${attempts} attempts` : '';
  const reason = detail === null ? [] : wrap(harmless(detail), width - indent.length);
  return [
    { text: `${between(signup.startedAt, at).padEnd(timeWidth)}${sign} ${kind}${times}`, format },
    ...reason.map((text): Cell => ({ text: `${indent}${text}`, format: 'dim' })),
  ];
}

function readFrom({ history }: SignupHistory): Cell {
  const sources = [...new Set(history.map(({ source }) => source))];
  return { text: `read from: ${sources.join(', ') || 'nothing yet'}`, format: 'dim' };
}

function caption({ id, style, status, startedAt }: SignupHistory['signup']): string {
  const named = painted(style.padEnd(styleWidth), ['bold', traits[style].colour]);
  return `${named}  ${id}  ${painted(status, 'bold')}  ${painted(`since ${moment(startedAt)}`, 'dim')}`;
}

function padded({ text, format }: Cell, width: number): string {
  return painted(text, format) + ' '.repeat(Math.max(0, width - lengthOf(text)));
}
