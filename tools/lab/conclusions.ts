/** The failure report in three sentences, made of its figures: what was broken, who was turned away, how long it took to recover. */
import { duet } from '../../domain/styles.ts';
import type { Style } from '../../domain/signup.ts';
import { isOfDuet } from './fault.ts';
import type { Cell, LabResults } from './figures.ts';
import { hasRecovered, isUntouched, seconds } from './report-words.ts';

/** A pause shorter than this is one slow answer, not a style that is closed. */
const closedFromSeconds = 2;

type Results = Pick<LabResults, 'cells' | 'faults'>;

/** Three sentences, each from all cells of the duet; none where none was played. */
export function conclusions(results: Results): string[] {
  const cells = results.cells.filter(({ style }) => isOfDuet(style));
  if (cells.length === 0) return [];
  return [
    kept(cells),
    `Signups were turned away ${duet.map((style) => closed(results, style)).join('; ')}.`,
    `After healing, signups were at their end or waited for the click ${duet
      .map((style) => recovered(results, style))
      .join('; ')}.`,
  ];
}

function kept(cells: readonly Cell[]): string {
  const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0);
  const broken = (['lost', 'stuck', 'inconsistent'] as const).map(
    (kind) => `${sum((cell) => cell[kind])} ${kind}`,
  );
  const twice = duet.map((style) => {
    const own = cells.filter((cell) => cell.style === style);
    return `${own.reduce((total, { duplicates }) => total + duplicates, 0)} by ${style}`;
  });
  const excused = sum(({ duplicates, duplicatesAllowed }) => Math.min(duplicates, duplicatesAllowed));
  return `Of ${sum(({ signups }) => signups)} accepted signups: ${broken.join(', ')}; ${sum(
    ({ duplicates }) => duplicates,
  )} messages arrived twice (${twice.join(', ')}), ${excused} of them in the one window that cannot be closed.`;
}

function closed({ cells }: Results, style: Style): string {
  const shut = cells
    .filter((cell) => cell.style === style && cell.unavailableSeconds >= closedFromSeconds)
    .toSorted((one, other) => other.unavailableSeconds - one.unavailableSeconds);
  if (shut.length === 0) return `by ${style} never`;
  const faults = shut.map(({ fault, unavailableSeconds }) => `${fault} ${seconds(unavailableSeconds)}`);
  return `by ${style} in ${faults.join(', ')}`;
}

function recovered({ cells, faults }: Results, style: Style): string {
  const touched = cells.filter((cell) => {
    const fault = faults.find(({ name }) => name === cell.fault);
    return cell.style === style && hasRecovered(cell) && !(fault && isUntouched(fault, style, cell));
  });
  const inOrder = touched.toSorted((one, other) => one.recoverySeconds - other.recoverySeconds);
  const longest = inOrder.at(-1);
  const middle = inOrder[Math.floor(inOrder.length / 2)];
  if (!longest || !middle) return `with ${style} in no cell`;
  return `with ${style} after ${seconds(middle.recoverySeconds)} (median), ${seconds(longest.recoverySeconds)} at most (${longest.fault})`;
}
