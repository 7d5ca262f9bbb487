/** The figures as a person reads them: tables of text. */
import { styles } from '../../domain/signup.ts';
import { number } from '../generate/cells.ts';
import type { Spread, Window } from './figures.ts';
import type { Measurement } from './results.ts';

/** A window as one line, while they are played. */
export function windowLine(window: Window): string {
  return aligned([header, row(window)])[1]!;
}

/** The head of such lines. */
export const windowHead = () => aligned([header, header])[0]!;

const columns: readonly [head: string, cell: (window: Window) => string][] = [
  ['system', ({ system }) => system],
  ['load', loadOf],
  ['signups/s', ({ signupsPerSecond }) => number(signupsPerSecond)],
  ['p50 ms', ({ p50Ms }) => number(p50Ms)],
  ['p95 ms', ({ p95Ms }) => number(p95Ms)],
  ['p99 ms', ({ p99Ms }) => number(p99Ms)],
  ['answer ms', ({ acceptedP50Ms }) => number(acceptedP50Ms)],
  ['CPU s/1000', ({ cpuSecondsPer1000 }) => number(cpuSecondsPer1000)],
  ['commits', ({ commitsPerSignup }) => number(commitsPerSignup, 2)],
  ['messages', ({ messagesPerSignup }) => number(messagesPerSignup, 2)],
  ['stolen', ({ stolen }) => `${number(stolen * 100)} %`],
  ['foreign', ({ foreign }) => `${number(foreign * 100)} %`],
];
const header = columns.map(([head]) => head);
const row = (window: Window) => columns.map(([, cell]) => cell(window));

function loadOf({ clients, sentPerSecond }: Window): string {
  if (clients === undefined) return `${number(sentPerSecond)}/s sent`;
  return `${clients} client${clients === 1 ? '' : 's'}`;
}

/** All of a measurement. `full` is a style on a Temporal server that flushes to its disk. */
export function report(measurement: Measurement, full: Window | undefined): string {
  const { medians, ratios, p50Ratios, openLoops, memory } = measurement;
  return [
    section('Closed loop, medians (commits and messages per signup)', [header, ...medians.map(row)]),
    section('Open loop at half of the measured maximum', [header, ...openLoops.map(row)]),
    section('Ours divided by its floor, round by round: median (smallest to largest)', [
      ['clients', ...Object.keys(ratios[styles[0]])],
      ...styles.flatMap((style) => [
        [`${style}, signups/s`, ...values(ratios[style])],
        [`${style}, p50`, ...values(p50Ratios[style])],
      ]),
    ]),
    section('CPU seconds per 1000 signups, by process', cpuTable(medians)),
    section('Memory in MB', [
      ['process', 'before', 'half time', 'after'],
      ...memory.map(({ process, beforeMb, halfTimeMb, afterMb }) => [
        process,
        ...[beforeMb, halfTimeMb, afterMb].map((megabytes) => number(megabytes, 0)),
      ]),
    ]),
    full &&
      section(`${full.system} with --sqlite-pragma synchronous=FULL (above: OFF, no flush to disk)`, [
        header,
        row(full),
      ]),
    'Postgres and RabbitMQ flush to disk, the embedded Temporal server does not (synchronous=OFF). The styles run on',
    'different servers, all on one machine: compare each with its floor, not with another.',
  ]
    .filter((part) => part !== undefined)
    .join('\n');
}

/** Of each system at its largest number of clients; what used next to nothing is left out. */
function cpuTable(medians: readonly Window[]): string[][] {
  const most = Math.max(...medians.map(({ clients = 0 }) => clients));
  const systems = medians.filter(({ clients }) => clients === most);
  const processes = Object.keys(systems[0]?.cpuSecondsPer1000ByProcess ?? {});
  const rows = processes.map((process) => [
    process,
    ...systems.map((window) => number(window.cpuSecondsPer1000ByProcess[process] ?? NaN, 2)),
  ]);
  return [[`${most} clients`, ...systems.map(({ system }) => system)], ...rows];
}

function values(ratioOfClients: Record<string, Spread>): string[] {
  return Object.values(ratioOfClients).map(
    ({ median, least, most }) => `${number(median, 2)} (${number(least, 2)} to ${number(most, 2)})`,
  );
}

/** A table under its title. */
export function section(title: string, rows: readonly string[][]): string {
  return `\n${title}\n${aligned(rows).join('\n')}\n`;
}

const least = [24, 12];

function aligned(rows: readonly string[][]): string[] {
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = Math.max(...rows.map((one) => one[column]?.length ?? 0), least[column] ?? 9);
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  '),
  );
}
