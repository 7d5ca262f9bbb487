/**
 * What the command lines print: tables that fit the terminal, colours only where somebody sees them (and `NO_COLOR` is not
 * set). Text that came from elsewhere can neither move the cursor nor change colours here.
 */
import { styleText, stripVTControlCharacters } from 'node:util';
import type { EntryKind } from '../../domain/history.ts';
import { styles } from '../../domain/signup.ts';

export type Format = Parameters<typeof styleText>[0];

/** A piece of text, and how it is shown. */
export type Cell = { text: string; format?: Format };

/** A column of a table: its heading, and whether it is the one that gives way and wraps where the table is too wide. */
export type Column = { head: string; align?: 'right'; wraps?: true };

/** How wide the output may be; 100 where nobody knows. */
export const terminalWidth = (): number => process.stdout.columns ?? 100;

/** How wide the name of a style is at most. */
export const styleWidth = Math.max(...styles.map((style) => style.length));

/** Text in a format, where stdout shows formats. */
export function painted(text: string, format: Format = []): string {
  if (text === '') return text;
  return styleText(format, text, { stream: process.stdout });
}

/** Text as one line without control characters: a provider's answer must not act on the terminal. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** How each kind of a history's entry looks, with a sign for those who see no colours. */
export const looks: Record<EntryKind, { sign: string; format: Format }> = {
  done: { sign: '✔', format: 'green' },
  refused: { sign: '✗', format: 'red' },
  skipped: { sign: '–', format: 'dim' },
  failed: { sign: '✗', format: 'yellow' },
  running: { sign: '▸', format: 'cyan' },
  retrying: { sign: '↻', format: 'yellow' },
  parked: { sign: '■', format: ['bold', 'red'] },
  waiting: { sign: '…', format: 'cyan' },
};

/** A table: a line of headings, a rule, and the rows, each as many lines as its wrapping column needs. */
export function table(columns: readonly Column[], rows: readonly Cell[][], width = terminalWidth()): string {
  const clean = rows.map((row) => row.map(({ text, ...rest }) => ({ ...rest, text: harmless(text) })));
  const widths = columns.map(({ head }, index) =>
    Math.max(head.length, ...clean.map((row) => lengthOf(row[index]?.text ?? ''))),
  );
  const wrapping = columns.findIndex(({ wraps }) => wraps);
  const total = widths.reduce((sum, each) => sum + each + gap.length, -gap.length);
  if (wrapping >= 0 && total > width) {
    widths[wrapping] = Math.max(20, widths[wrapping]! - (total - width));
  }
  const line = (cells: readonly Cell[]) =>
    columns
      .map(({ align }, index) => {
        const { text, format } = cells[index] ?? { text: '' };
        const padding = ' '.repeat(Math.max(0, widths[index]! - lengthOf(text)));
        return align === 'right' ? padding + painted(text, format) : painted(text, format) + padding;
      })
      .join(gap)
      .trimEnd();
  const body = clean.flatMap((row) => {
    const wrapped = row.map((cell, index) => wrap(cell.text, widths[index]!));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) =>
      line(row.map((cell, index) => ({ ...cell, text: wrapped[index]![at] ?? '' }))),
    );
  });
  const heads = columns.map(({ head }): Cell => ({ text: head, format: 'bold' }));
  const rule = painted(widths.map((each) => '─'.repeat(each)).join(gap), 'dim');
  return [line(heads), rule, ...body].join('\n');
}

const gap = '  ';

/** Text in lines of at most so many characters, broken at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = charactersOf(text);
  while (rest.length > width) {
    const space = rest.slice(0, width + 1).lastIndexOf(' ');
    const cut = space > 0 ? space : width;
    lines.push(rest.slice(0, cut).join(''));
    rest = rest.slice(space > 0 ? cut + 1 : cut);
  }
  return [...lines, rest.join('')];
}

const segmenter = new Intl.Segmenter();

function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The length as seen: in characters, not in UTF-16 units. */
export const lengthOf = (text: string): number => charactersOf(text).length;

/** Text of at most so many characters, with a sign where something is missing. */
export function shortened(text: string, length: number): string {
  const characters = charactersOf(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** A moment, in UTC, as people read it. */
export function moment(iso: string | null | undefined): string {
  return iso == null ? '–' : `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}

/** The time between two moments, in the two units that matter. */
export function between(from: string, to: string): string {
  const milliseconds = Date.parse(to) - Date.parse(from);
  const sign = milliseconds < 0 ? '-' : '+';
  const seconds = Math.abs(milliseconds) / 1000;
  const two = (large: number, unit: string, small: number, smaller: string) =>
    `${sign}${Math.floor(large)} ${unit} ${Math.floor(small)} ${smaller}`;
  if (seconds < 60) return `${sign}${seconds.toFixed(2)} s`;
  if (seconds < 3600) return two(seconds / 60, 'min', seconds % 60, 's');
  if (seconds < 86_400) return two(seconds / 3600, 'h', (seconds % 3600) / 60, 'min');
  return two(seconds / 86_400, 'd', (seconds % 86_400) / 3600, 'h');
}
