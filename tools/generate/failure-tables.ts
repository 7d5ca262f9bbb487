/** The tables of what the failure lab found, for docs/failures.md. */
import { duet } from '../../domain/styles.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { families, type Cell, type Family, type FaultDescription, type LabResults } from '../lab/figures.ts';
import { isOfDuet } from '../lab/fault.ts';
import { conclusions } from '../lab/conclusions.ts';
import { fromDocs } from '../lab/report-text.ts';
import { cellOf, expectation, hasRecovered, isUntouched, violations, wordOf } from '../lab/report-words.ts';
import { measuredOn, table } from './cells.ts';

const titles: Record<Family, string> = {
  crash: 'A process dies at',
  outage: 'Outages under load',
  provider: 'A provider',
  message: 'Messages, tasks, deploys',
};

/** By name: the conclusion, the whole matrix, the control group, where the styles differ, and what all of it was measured on. */
export function failureTables(results: LabResults): Record<string, string> {
  return {
    'failures-concluded': conclusions(results)
      .map((sentence) => `* ${sentence}`)
      .join('\n'),
    failures: families.map((family) => familyTable(results, family)).join('\n\n'),
    controls: controlTable(results),
    'failures-short': shortTable(results),
    'failures-besides': besidesTable(results),
    'failures-measured': measuredLine(results),
  };
}

/** Those that at least one of the two that are compared knows. */
function faultsOfDuet(results: LabResults): FaultDescription[] {
  return results.faults.filter(({ name }) => duet.some((style) => cellOf(results, name, style)));
}

function familyTable(results: LabResults, family: Family): string {
  const rows = faultsOfDuet(results)
    .filter((fault) => fault.family === family)
    .flatMap((fault) => duet.map((style) => matrixRow(fault, style, cellOf(results, fault.name, style))));
  return [
    `### ${titles[family]}`,
    '',
    table(
      ['fault', 'broken for s', 'style', 'verdict', 'recovered in s', 'closed for s', 'why', 'by hand'],
      rows,
    ),
  ].join('\n');
}

function matrixRow(fault: FaultDescription, style: Style, cell: Cell | undefined): string[] {
  const { name, breaks } = fault;
  const isShown = cell !== undefined && !isUntouched(fault, style, cell);
  return [
    style === duet[0] ? `**${name}**: ${breaks}` : '',
    String(cell?.brokenSeconds ?? ''),
    style,
    verdict(fault, style, cell),
    isShown ? recovered(cell) : '',
    isShown ? String(cell.unavailableSeconds) : '',
    fromDocs(expectation(fault, style)),
    cell?.actions.map((action) => `\`${action}\``).join('; ') ?? '',
  ];
}

function controlTable({ controls }: LabResults): string {
  return table(
    ['control', 'what is wrong with it', 'fault', 'expected', 'found', ''],
    controls.map((control) => [
      control.control,
      control.defect,
      `${control.fault}, ${control.style}`,
      control.expected.map((kind) => (kind === 'duplicates' ? 'twice' : kind)).join(' or '),
      violations(control) ?? 'nothing',
      control.convicted ? 'convicted' : 'ACQUITTED',
    ]),
  );
}

/** A row per fault that was played in another style than the two that are compared, and what each of those came to. */
function besidesTable(results: LabResults): string {
  const others = styles.filter((style) => !isOfDuet(style));
  const played = results.faults.filter(({ name }) => others.some((style) => cellOf(results, name, style)));
  if (played.length === 0) return '`npm run lab` has not been run yet for these styles.';
  const rows = played.map((fault) => [
    `**${fault.name}**: ${fault.breaks}`,
    ...others.map((style) => {
      const cell = cellOf(results, fault.name, style);
      return cell ? inShort(fault, style, cell) : '–';
    }),
  ]);
  return table(['fault', ...others], rows);
}

/** Seconds apart that are more than chance: two runs of one cell differ by less. */
const apartSeconds = 3;

/** A row per fault in which the styles differ: in the verdict, in how long they were closed, or in how long they took to recover. */
function shortTable(results: LabResults): string {
  const faults = faultsOfDuet(results);
  const rows = faults.filter((fault) => areApart(results, fault));
  const alike = faults.length - rows.length;
  return [
    table(
      ['what breaks', ...duet],
      rows.map((fault) => [
        fault.breaks,
        ...duet.map((style) => inShort(fault, style, cellOf(results, fault.name, style))),
      ]),
    ),
    '',
    `In the other ${alike} of ${faults.length} faults both did alike: the same verdict, and less than ${apartSeconds} s between them.`,
  ].join('\n');
}

function areApart(results: LabResults, fault: FaultDescription): boolean {
  const cells = duet.flatMap((style) => cellOf(results, fault.name, style) ?? []);
  const words = new Set(duet.map((style) => wordOf(fault, style, cellOf(results, fault.name, style))));
  if (words.size > 1 || cells.length < duet.length) return true;
  return (['recoverySeconds', 'unavailableSeconds'] as const).some((figure) => {
    const seconds = cells.map((cell) => cell[figure]);
    return Math.max(...seconds) - Math.min(...seconds) >= apartSeconds;
  });
}

function inShort(fault: FaultDescription, style: Style, cell: Cell | undefined): string {
  const told = verdict(fault, style, cell);
  if (!cell || isUntouched(fault, style, cell) || !hasRecovered(cell)) return told;
  const { unavailableSeconds } = cell;
  const closed = unavailableSeconds > 0 ? `closed for ${unavailableSeconds} s, ` : '';
  return `${told}, ${closed}recovered in ${cell.recoverySeconds} s`;
}

function measuredLine({ machine, versions, seed, cells, tookSeconds }: LabResults): string {
  const recovery = cells
    .filter(hasRecovered)
    .map(({ recoverySeconds }) => recoverySeconds)
    .toSorted((one, other) => one - other);
  const median = recovery[Math.floor(recovery.length / 2)];
  const signups = cells.reduce((sum, cell) => sum + cell.signups, 0);
  return [
    `${cells.length} cells, ${signups} signups, seed ${seed}, in ${Math.round(tookSeconds / 60)} minutes.`,
    ...(median === undefined ? [] : [`Recovery: median ${median} s, longest ${recovery.at(-1)} s.`]),
    measuredOn({ machine, versions }),
  ].join(' ');
}

/** The word, and what was violated: `held`, `duplicate: 2 twice`. */
function verdict(fault: FaultDescription, style: Style, cell: Cell | undefined): string {
  const violated = cell && violations(cell);
  return `${wordOf(fault, style, cell)}${violated === undefined ? '' : `: ${violated}`}`;
}

/** A dash where a signup did not come to its end: then the seconds are only those that it was waited for. */
const recovered = (cell: Cell) => (hasRecovered(cell) ? String(cell.recoverySeconds) : '–');
