/** What the lab prints on a terminal. */
import type { HistoryEntry } from '../../domain/history.ts';
import { wordFor, type Cell, type ControlCell } from './figures.ts';

/** A cell in a line. */
export function cellLine(cell: Cell): string {
  const {
    fault,
    style,
    signups,
    lost,
    stuck,
    inconsistent,
    duplicates,
    recoverySeconds,
    unavailableSeconds,
  } = cell;
  return [
    `${fault.padEnd(28)} ${style.padEnd(13)} ${wordFor(cell).padEnd(9)}`,
    `${signups} signups: ${lost} lost, ${stuck} stuck, ${inconsistent} inconsistent, ${duplicates} twice;`,
    `recovered in ${recoverySeconds} s, closed for ${unavailableSeconds} s`,
  ].join(' ');
}

/** A control in a line. */
export function controlLine(cell: ControlCell): string {
  const { control, fault, convicted, findings } = cell;
  const sentence = convicted ? 'convicted' : 'ACQUITTED, which it must not be';
  return `${control.padEnd(36)} ${sentence} in ${fault}${findings[0] === undefined ? '' : `: ${findings[0]}`}`;
}

/** Everything about a cell: findings, what a human had to do, and the history of the signup that fared worst. */
export function verbose(cell: Cell): string {
  const { findings, actions, worst } = cell;
  return [
    cellLine(cell),
    ...findings.map((finding) => `  finding  ${finding}`),
    ...actions.map((action) => `  by hand  ${action}`),
    ...(worst ? [`  signup ${worst.signupId}`, ...worst.timeline.map(timelineLine)] : []),
  ].join('\n');
}

function timelineLine({ at, kind, step, attempts, detail }: HistoryEntry): string {
  return `    ${at}  ${kind.padEnd(9)} ${step}${attempts > 1 ? ` (${attempts} attempts)` : ''}${detail === null ? '' : `: ${detail}`}`;
}
