/** The tables of docs/which-style.md: what was measured of each style for the questions of a team that has to choose. */
import { readdir, readFile } from 'node:fs/promises';
import { ofOurs } from '../bench/figures.ts';
import type { BenchResults, SleepingResults } from '../bench/results.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { needsOf, traits, type Part } from '../../domain/styles.ts';
import type { LabResults } from '../lab/figures.ts';
import { measuredBriefly, number, table, type MeasuredOn } from './cells.ts';

const root = new URL('../../', import.meta.url);

type Measured = {
  lab: Pick<LabResults, 'machine' | 'versions' | 'cells' | 'faults'>;
  bench: Pick<BenchResults, 'machine' | 'versions' | 'medians' | 'memory'>;
  sleeping: Pick<SleepingResults, 'machine' | 'versions' | 'sleepers'>;
  /** Non-blank lines of the code of each style that not every style needs. */
  ownLines: Record<Style, number>;
};

/** The servers of a style that others do without. */
function ownServers(style: Style): Part[] {
  return needsOf(style).filter((part) => styles.some((each) => !needsOf(each).includes(part)));
}

const serverNames: Record<Part, string> = {
  postgres: 'Postgres',
  rabbitmq: 'RabbitMQ',
  kafka: 'Kafka',
  temporal: 'Temporal, with a database of its own',
  notifications: 'the notifications service',
  mail: 'a mail server',
  sms: 'an SMS provider',
};

/** Counts that code, to the nearest hundred, so that not every change makes it out of date. */
export async function ownLines(): Promise<Record<Style, number>> {
  const counted = styles.map(async (style) => {
    const files = (await Promise.all(traits[style].code.map(filesAt))).flat();
    const texts = await Promise.all(files.map((file) => readFile(new URL(file, root), 'utf8')));
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '');
    return [style, Math.round(lines.length / 100) * 100] as const;
  });
  return Object.fromEntries(await Promise.all(counted)) as Record<Style, number>;
}

/** A file, or those of a folder without its subfolders. */
async function filesAt(path: string): Promise<string[]> {
  if (path.endsWith('.ts')) return [path];
  const names = await readdir(new URL(path, root));
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${path}/${name}`);
}

/** The faults that tell who must be up for an answer. */
const askedFor = [
  'postgres-killed',
  'rabbitmq-killed',
  'temporal-killed',
  'temporal-silent',
  'accounts-killed',
  'notifications-killed',
];

/** A row of a table with a column per style. */
type Row = [what: string, of: (style: Style) => string];

/** The tables by name, each with what it was measured on. */
export function verdictTables(measured: Measured): Record<string, string> {
  const { lab, bench, sleeping, ownLines: linesOf } = measured;
  const faultOf = (name: string) => lab.faults.find((fault) => fault.name === name);
  const atClient = (style: Style) => atClients(measured, style, 1);
  const atTwenty = (style: Style) => atClients(measured, style, 20);
  return {
    'verdict-up': measuredTable(
      [lab],
      'for how long no signup was accepted while',
      styles.filter((style) => lab.cells.some((cell) => cell.style === style)),
      askedFor.map((name) => [faultOf(name)?.breaks ?? name, (style) => closedFor(measured, name, style)]),
    ),
    'verdict-own': measuredTable([bench], 'what this style has, and not every one', styles, [
      ['a server', serversOf],
      ['its memory after the benchmark, MB', (style) => serverMb(measured, style)],
      ['lines of code: its telling, coordinator and machinery', (style) => String(linesOf[style])],
    ]),
    'verdict-cost': measuredTable(
      [bench, sleeping],
      'what it costs',
      styles.filter((style) => atClient(style)),
      [
        ['CPU seconds per 1,000 signups, one client', (style) => number(atClient(style)?.cpuSecondsPer1000)],
        ['CPU seconds per 1,000 signups, 20 clients', (style) => number(atTwenty(style)?.cpuSecondsPer1000)],
        ['signups/s, 20 clients', (style) => number(atTwenty(style)?.signupsPerSecond, 0)],
        ['ms until notified, one client, p50', (style) => number(atClient(style)?.p50Ms, 0)],
        ['kB kept per signup that waits (1,000 of them)', (style) => keptKb(measured, style)],
        ['% of a core of our processes while 1,000 wait', (style) => idlePercent(measured, style)],
      ],
    ),
  };
}

/** A table of those styles, and below it what its figures were measured on: one line, unless its sources differ. */
function measuredTable(
  sources: readonly Required<MeasuredOn>[],
  what: string,
  shown: readonly Style[],
  rows: readonly Row[],
): string {
  const heads = [what, ...shown.map((style) => traits[style].title)];
  const lines = new Set(sources.map(measuredBriefly));
  const made = rows.map(([head, of]) => [head, ...shown.map(of)]);
  return [table(heads, made), '', ...lines].join('\n');
}

function serversOf(style: Style): string {
  return (
    ownServers(style)
      .map((part) => serverNames[part])
      .join(', ') || 'none'
  );
}

function closedFor({ lab }: Measured, fault: string, style: Style): string {
  const cell = lab.cells.find((one) => one.fault === fault && one.style === style);
  if (!cell) return '–';
  return cell.unavailableSeconds > 0 ? `${number(cell.unavailableSeconds)} s` : 'never';
}

function serverMb({ bench }: Measured, style: Style): string {
  const own = bench.memory.filter(({ process }) => ownServers(style).some((server) => server === process));
  if (own.length === 0) return number(undefined);
  return number(
    own.reduce((sum, { afterMb }) => sum + afterMb, 0),
    0,
  );
}

function atClients({ bench }: Measured, style: Style, clients: number) {
  return bench.medians.find((one) => one.system === style && one.clients === clients);
}

function ofThousand({ sleeping }: Measured, style: Style) {
  return sleeping.sleepers.find((one) => one.style === style && one.signups === 1000);
}

function keptKb(measured: Measured, style: Style): string {
  const sleepers = ofThousand(measured, style);
  return number(sleepers && (sleepers.bytesEach.postgres + sleepers.bytesEach.temporal) / 1000, 1);
}

function idlePercent(measured: Measured, style: Style): string {
  const sleepers = ofThousand(measured, style);
  return number(sleepers && ofOurs(sleepers.idlePercent), 1);
}
