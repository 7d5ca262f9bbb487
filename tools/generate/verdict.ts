/** The tables of docs/which-style.md: what was measured on each side for the five questions of a team that has to choose. */
import { readdir, readFile } from 'node:fs/promises';
import { ofOurs } from '../bench/figures.ts';
import type { BenchResults, SleepingResults } from '../bench/results.ts';
import type { Style } from '../../domain/signup.ts';
import { duet, needsOf, traits, type Part } from '../../domain/styles.ts';
import type { LabResults } from '../lab/figures.ts';
import { measuredBriefly, number, table, type MeasuredOn } from './cells.ts';

const root = new URL('../../', import.meta.url);

type Measured = {
  lab: Pick<LabResults, 'machine' | 'versions' | 'cells' | 'faults'>;
  bench: Pick<BenchResults, 'machine' | 'versions' | 'medians' | 'memory'>;
  sleeping: Pick<SleepingResults, 'machine' | 'versions' | 'sleepers'>;
  /** Non-blank lines of the code that only one style needs. */
  ownLines: Record<Style, number>;
};

/** The servers of a style that others do without. */
function ownServers(style: Style): Part[] {
  return needsOf(style).filter((part) => duet.some((each) => !needsOf(each).includes(part)));
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

/** Counts the code that only one style needs, to the nearest hundred, so that not every change makes it out of date. */
export async function ownLines(): Promise<Record<Style, number>> {
  const count = async (style: Style) => {
    let lines = 0;
    for (const folder of traits[style].folders) {
      for (const file of await readdir(new URL(folder, root), { recursive: true })) {
        if (!file.endsWith('.ts')) continue;
        const text = await readFile(new URL(`${folder}/${file}`, root), 'utf8');
        lines += text.split('\n').filter((line) => line.trim() !== '').length;
      }
    }
    return Math.round(lines / 100) * 100;
  };
  const counted = duet.map(async (style) => [style, await count(style)] as const);
  return Object.fromEntries(await Promise.all(counted)) as Record<Style, number>;
}

/** The faults that tell who must be up for an answer. */
const askedFor = [
  'postgres-killed',
  'rabbitmq-killed',
  'temporal-killed',
  'temporal-silent',
  'accounts-killed',
];

/** The tables by name, each with what it was measured on. */
export function verdictTables(measured: Measured): Record<string, string> {
  const { lab, bench, sleeping } = measured;
  const row = (what: string, of: (style: Style) => string) => [what, ...duet.map(of)];
  return {
    'verdict-up': measuredTable(
      [lab],
      ['for how long no signup was accepted while', ...duet],
      askedFor.map((name) => {
        const breaks = lab.faults.find((fault) => fault.name === name)?.breaks ?? name;
        return row(breaks, (style) => closedFor(measured, name, style));
      }),
    ),
    'verdict-own': measuredTable(
      [bench],
      ['what only this style has', ...duet],
      [
        row('a server', (style) =>
          ownServers(style)
            .map((part) => serverNames[part])
            .join(', '),
        ),
        row('its memory after the benchmark, MB', (style) => serverMb(measured, style)),
        row('lines of code: its telling, coordinator and machinery', (style) =>
          String(measured.ownLines[style]),
        ),
      ],
    ),
    'verdict-cost': measuredTable(
      [bench, sleeping],
      ['what it costs', ...duet],
      [
        row('CPU seconds per 1,000 signups, one client', (style) =>
          number(atClients(measured, style, 1)?.cpuSecondsPer1000),
        ),
        row('CPU seconds per 1,000 signups, 20 clients', (style) =>
          number(atClients(measured, style, 20)?.cpuSecondsPer1000),
        ),
        row('signups/s, 20 clients', (style) => number(atClients(measured, style, 20)?.signupsPerSecond, 0)),
        row('ms until notified, one client, p50', (style) => number(atClients(measured, style, 1)?.p50Ms, 0)),
        row('kB kept per signup that waits (1,000 of them)', (style) => keptKb(measured, style)),
        row('% of a core of our processes while 1,000 wait', (style) => idlePercent(measured, style)),
      ],
    ),
  };
}

/** A table, and below it what its figures were measured on: one line, unless its sources differ. */
function measuredTable(sources: readonly Required<MeasuredOn>[], ...of: Parameters<typeof table>): string {
  const lines = new Set(sources.map(measuredBriefly));
  return [table(...of), '', ...lines].join('\n');
}

function closedFor({ lab }: Measured, fault: string, style: Style): string {
  const cell = lab.cells.find((one) => one.fault === fault && one.style === style);
  if (!cell) return '–';
  return cell.unavailableSeconds > 0 ? `${number(cell.unavailableSeconds)} s` : 'never';
}

function serverMb({ bench }: Measured, style: Style): string {
  const own = bench.memory.filter(({ process }) => ownServers(style).some((server) => server === process));
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
