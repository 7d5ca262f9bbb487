/** What generated tables are made of. */
import type { Spread } from '../bench/figures.ts';

/** What something was measured on, as far as it is shown: the machine, and the version of all that took part. */
export type MeasuredOn = {
  machine: { cores: number; cpu: string; memoryGb: number };
  /** Versions by name; absent where they were not noted. */
  versions?: Record<string, string>;
};

/** Machine and versions in one line. */
export function measuredOn({ machine: { cores, cpu, memoryGb }, versions = {} }: MeasuredOn): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const machine = `${cores} × ${cpu}, ${memoryGb} GB`;
  return named.length === 0 ? `${machine}.` : `${machine}; ${named.join(', ')}.`;
}

/** Machine and version of Duet in one line. */
export function measuredBriefly({ machine, versions }: Required<MeasuredOn>): string {
  return measuredOn({ machine, versions: { duet: versions['duet'] ?? '' } });
}

/** A row of a table. */
export const cells = (values: readonly string[]) => `| ${values.join(' | ')} |`;

/** A table: its heads, a rule, and its rows, in whose cells a bar is no border. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((value) => value.replaceAll('|', '\\|')));
  return [heads, heads.map(() => '---'), ...escaped].map(cells).join('\n');
}

/** A figure with so many digits, or a dash where there is none. */
export function number(value: number | undefined, digits = 1): string {
  return value !== undefined && Number.isFinite(value) ? value.toFixed(digits) : '–';
}

/** A figure with its smallest and largest value in the run. */
export function apart(spread: Spread | undefined, digits: number): string {
  if (!spread) return number(undefined);
  const [median, least, most] = [spread.median, spread.least, spread.most].map((value) =>
    number(value, digits),
  );
  return `${median} (${least} to ${most})`;
}
