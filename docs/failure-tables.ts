/** The tables of what the failure lab found, for README and docs/failures.md. */
import { styles, type Style } from '../domain/signup.ts';
import { families, wordFor, type Cell, type Family, type LabResults } from '../lab/figures.ts';

const titles: Record<Family, string> = {
  crash: 'A process dies at',
  outage: 'For 10 s under load',
  provider: 'A provider',
  message: 'Messages, tasks, deploys',
};

/** By name: the whole matrix, the control group, and the matrix in short. */
export function failureTables(results: LabResults): Record<string, string> {
  return {
    failures: families.map((family) => familyTable(results, family)).join('\n\n'),
    controls: controlTable(results),
    'failures-short': shortTable(results),
    'failures-measured': measuredLine(results),
  };
}

function familyTable({ faults, cells }: LabResults, family: Family): string {
  const rows = faults
    .filter((fault) => fault.family === family)
    .flatMap(({ name, breaks, expected }) =>
      styles.map((style) => {
        const cell = cellOf(cells, name, style);
        const first = style === styles[0];
        return row([
          first ? `**${name}**: ${breaks}` : '',
          style,
          cell ? outcome(cell) : 'not applicable',
          cell ? String(cell.recoverySeconds) : '',
          cell ? String(cell.unavailableSeconds) : '',
          fromDocs(expected[style] ?? ''),
          cell?.actions.map((action) => `\`${action}\``).join('; ') ?? '',
        ]);
      }),
    );
  return [
    `### ${titles[family]}`,
    '',
    row(['fault', 'style', 'verdict', 'recovered in s', 'closed for s', 'why', 'by hand']),
    row(Array.from({ length: 7 }, () => '---')),
    ...rows,
  ].join('\n');
}

function controlTable({ controls }: LabResults): string {
  return [
    row(['control', 'what is wrong with it', 'fault', 'found', '']),
    row(Array.from({ length: 5 }, () => '---')),
    ...controls.map(({ control, defect, fault, convicted, lost, stuck, inconsistent, duplicates }) =>
      row([
        control,
        defect,
        fault,
        `${lost} lost, ${stuck} stuck, ${inconsistent} inconsistent, ${duplicates} twice`,
        convicted ? 'convicted' : 'ACQUITTED',
      ]),
    ),
  ].join('\n');
}

/** A row per fault, verdict and seconds of both. */
function shortTable({ faults, cells }: LabResults): string {
  const told = (cell: Cell | undefined) =>
    cell ? `${outcome(cell)}, ${cell.recoverySeconds} s` : 'not applicable';
  return [
    row(['what breaks', ...styles]),
    row(['---', ...styles.map(() => '---')]),
    ...faults.map(({ name, breaks }) =>
      row([breaks, ...styles.map((style) => told(cellOf(cells, name, style)))]),
    ),
  ].join('\n');
}

function measuredLine({ machine, versions, seed, cells, tookSeconds }: LabResults): string {
  const recovery = cells.map(({ recoverySeconds }) => recoverySeconds).toSorted((one, other) => one - other);
  const median = recovery[Math.floor(recovery.length / 2)];
  const signups = cells.reduce((sum, cell) => sum + cell.signups, 0);
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cells.length} cells, ${signups} signups, seed ${seed}, in ${Math.round(tookSeconds / 60)} minutes.`,
    `Recovery: median ${median} s, longest ${recovery.at(-1)} s.`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB; ${parts.join(', ')}.`,
  ].join(' ');
}

function outcome(cell: Cell): string {
  const { lost, stuck, inconsistent, duplicates } = cell;
  const word = wordFor(cell);
  if (word === 'held') return word;
  if (word === 'duplicate') return `${duplicates} twice`;
  return `broken: ${lost} lost, ${stuck} stuck, ${inconsistent} inconsistent, ${duplicates} twice`;
}

function cellOf(cells: readonly Cell[], fault: string, style: Style): Cell | undefined {
  return cells.find((cell) => cell.fault === fault && cell.style === style);
}

/** Links of the catalogue start at the repository, those of a document in docs/ do not. */
const fromDocs = (text: string) => text.replaceAll(/\]\((?!https?:)/g, '](../');

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
