/** What generated tables are made of. */

/** The machine that something was measured on, as far as it is shown. */
export type MeasuredOn = { cores: number; cpu: string; memoryGb: number };

/** The machine in one line. */
export function machineLine({ cores, cpu, memoryGb }: MeasuredOn): string {
  return `${cores} × ${cpu}, ${memoryGb} GB.`;
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
