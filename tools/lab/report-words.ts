/** What a cell comes to, in words: the report and the tables of the documents say the same. */
import type { Style } from '../../domain/signup.ts';
import { wordFor, type Cell, type FaultDescription, type LabResults } from './figures.ts';

/** A fault, or its absence, as one word. `not played`: the style is to do something about it, and no cell shows what. */
export type Word = ReturnType<typeof wordFor> | 'not touched' | 'not applicable' | 'not played';

/** The word for a place in the matrix, whether or not there is a cell in it. */
export function wordOf(fault: FaultDescription, style: Style, cell: Cell | undefined): Word {
  const { expected } = fault;
  if (cell) return isUntouched(fault, style, cell) ? 'not touched' : wordFor(cell);
  return expected[style] === undefined ? 'not applicable' : 'not played';
}

/** The cell of a fault and a style, if it was played. */
export function cellOf({ cells }: Pick<LabResults, 'cells'>, fault: string, style: Style): Cell | undefined {
  return cells.find((cell) => cell.fault === fault && cell.style === style);
}

/** Whether the fault does not touch the style, and the cell agrees: the seconds of its signups then say nothing of the fault. */
export function isUntouched({ expected }: FaultDescription, style: Style, cell: Cell): boolean {
  return expected[style] === null && wordFor(cell) === 'held';
}

/** Whether every signup came to its end. Where one did not, `recoverySeconds` is only how long it was waited for. */
export function hasRecovered({ lost, stuck, inconsistent }: Cell): boolean {
  return lost + stuck + inconsistent === 0;
}

/** What was violated, each kind with how many; undefined where nothing was. */
export function violations(cell: Cell): string | undefined {
  const kinds = ['lost', 'stuck', 'inconsistent', 'duplicates'] as const;
  const found = kinds.filter((kind) => cell[kind] > 0);
  if (found.length === 0) return undefined;
  return found.map((kind) => `${cell[kind]} ${kind === 'duplicates' ? 'twice' : kind}`).join(', ');
}

/** What a style is to do about a fault, in words. */
export function expectation({ expected }: FaultDescription, style: Style): string {
  const words = expected[style];
  if (words === undefined) return 'Not applicable: it knows no such thing.';
  return words ?? 'Not touched.';
}

/** A number of seconds with its unit. */
export const seconds = (value: number) => `${Number(value.toFixed(1))} s`;

/** How long after the first entry of a history, in the unit that suits it: `+1.2 s`, `+3 d`. */
export function sinceText(ms: number): string {
  const sign = ms < 0 ? '−' : '+';
  const size = Math.abs(ms) / 1000;
  const [unit, inUnit] = [
    ['d', size / 86_400] as const,
    ['h', size / 3600] as const,
    ['min', size / 60] as const,
  ].find(([, value]) => value >= 1) ?? ['s', size];
  return `${sign}${Number(inUnit.toFixed(1))} ${unit}`;
}

/** The command that plays a cell again. */
export function repeating({ fault, style, seed }: Pick<Cell, 'fault' | 'style' | 'seed'>): string {
  return `npm run lab -- --fault ${fault} --style ${style} --seed ${seed}`;
}
