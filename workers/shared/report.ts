/**
 * What the stack tells of itself to pages: made of what the tracker keeps, what waits in outboxes and queues, and what the supervisor
 * says. A source that is away leaves its numbers out, and the answer comes all the same. However many ask, each is read once a second.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../adapters/postgres.ts';
import type { ThreadFigures } from '../../coordinators/calls/threads/pool.ts';
import type { Coordinator } from '../../domain/coordinator.ts';
import type { StackReport, StyleReport } from '../../domain/report.ts';
import { statuses, styles, type Style } from '../../domain/signup.ts';
import { stylesPlayedBy, traits } from '../../domain/styles.ts';
import type { Supervisor } from '../../domain/supervisor.ts';
import type { ChainService } from '../../messaging/service.ts';
import { placeAside, setAsideOf } from '../../messaging/transports/log/log.ts';
import { latestNotified, openTotals, statusTotals } from '../../tracking/tracked.ts';
import type { Sample } from './metrics.ts';
import { metricsOf } from './neighbour.ts';

/** The answer is to come within 2 s. */
const readWithinMs = 1500;
const keptMs = 1000;

/** What of a style's events is under way. */
type Carried = Pick<StyleReport, 'unsent' | 'oldestUnsentMs' | 'depth' | 'setAside'>;
const nothingCarried: Carried = { unsent: null, oldestUnsentMs: null, depth: null, setAside: null };

/** What a report is made of. `queues` are those of the reactions of every service; this process is one of accounts. */
export type ReportSources = {
  database: Database;
  coordinators: Record<Style, Pick<Coordinator, 'notHere'>>;
  chain: Pick<ChainService, 'backlog' | 'depthOf' | 'written'>;
  queues: readonly string[];
  notificationsUrl: string;
  threads: { figures(): ThreadFigures; atMost: number };
  supervisor: Pick<Supervisor, 'processes' | 'faults'>;
};

/** Reports what this stack does at present. */
export function reporting(from: ReportSources): () => Promise<StackReport> {
  const { database, coordinators, chain, queues, notificationsUrl, threads, supervisor } = from;
  const read = {
    tracked: inTime(() => tracked(database)),
    backlog: inTime(() => chain.backlog()),
    notifications: inTime(() => metricsOf(notificationsUrl, readWithinMs)),
    processes: inTime(() => supervisor.processes()),
    faults: inTime(() => supervisor.faults()),
  };
  const readQueues = new Map(
    stylesPlayedBy('chain').map((style) => [
      style,
      {
        depth: inTime(() => chain.depthOf(style, queues)),
        written: inTime(() => chain.written(style)),
        aside: inTime(() => setAsideOf('accounts', { name: traits[style].carrier ?? style, database })),
      },
    ]),
  );
  /** How far notifications has read each log, as it said last. */
  const passed = new Map<string, number>();
  let latest: { at: number; report: Promise<StackReport> } | undefined;

  return () => {
    if (!latest || Date.now() - latest.at > keptMs) latest = { at: Date.now(), report: report() };
    return latest.report;
  };

  async function report(): Promise<StackReport> {
    const [known, carried, processes, faults] = await Promise.all([
      read.tracked(),
      carriedByStyle(),
      read.processes(),
      read.faults(),
    ]);
    return {
      styles: styles.map((style) => ({
        style,
        isHere: coordinators[style].notHere === undefined,
        whyNot: coordinators[style].notHere ?? null,
        ...(known?.(style) ?? { counts: null, notified: null, retrying: null, parked: null }),
        ...(carried.get(style) ?? nothingCarried),
        threads: threadsOf(style),
      })),
      processes: processes ?? null,
      faults: faults ?? null,
      at: new Date().toISOString(),
    };
  }

  function threadsOf(style: Style): StyleReport['threads'] {
    if (traits[style].manner !== 'blocking') return null;
    return { busy: threads.figures().standingStill, of: threads.atMost };
  }

  /** By style of the chain; what either service does not say is not known. */
  async function carriedByStyle(): Promise<Map<Style, Carried>> {
    const [backlog, notifications, ...waiting] = await Promise.all([
      read.backlog(),
      read.notifications(),
      ...[...readQueues].map(async ([style, { depth, written, aside }]) => {
        const [inQueues, inLog, rows] = await Promise.all([depth(), written(), aside()]);
        return [style, inQueues, inLog, rows] as const;
      }),
    ]);
    return new Map(
      waiting.map(([style, inQueues, inLog, rows]) => {
        const log = traits[style].carrier ?? style;
        const own = backlog && (backlog.unsent.find((each) => each.style === style) ?? nothingUnsent);
        const told = (family: string, labels: Record<string, string>) =>
          notifications && valueOf(notifications, family, { service: 'notifications', ...labels });
        // While that service is away, it stays where it was.
        const theirPlace = told('duet_log_records_passed', { log });
        if (theirPlace !== undefined) passed.set(log, theirPlace);
        const theirs = told('duet_outbox_unsent', { style });
        const theirOldest = told('duet_outbox_oldest_unsent_seconds', { style });
        const isKnown = own !== undefined && theirs !== undefined;
        const place = placeAside('notifications', log);
        const theirRows = notifications && valueOf(notifications, 'duet_dead_letters', { queue: place });
        const ownRows = rows && [...rows.deadLetters.values()].reduce((sum, each) => sum + each, 0);
        return [
          style,
          {
            unsent: isKnown ? own.events + theirs : null,
            oldestUnsentMs: isKnown ? Math.round(Math.max(own.oldestSeconds, theirOldest ?? 0) * 1000) : null,
            depth: inQueues?.waiting ?? aheadOf(inLog, [rows?.passed, passed.get(log)]),
            setAside:
              inQueues?.setAside ??
              (ownRows === undefined || theirRows === undefined ? null : ownRows + theirRows),
          },
        ];
      }),
    );
  }
}

/** How many records of a log are ahead of its readers, together; null where one of them is not known. */
function aheadOf(written: number | undefined, passed: readonly (number | undefined)[]): number | null {
  if (written === undefined) return null;
  let ahead = 0;
  for (const each of passed) {
    if (each === undefined) return null;
    ahead += Math.max(0, written - each);
  }
  return ahead;
}

const nothingUnsent = { events: 0, oldestSeconds: 0 };

/** What the tracker knows, by style. */
async function tracked(database: Database) {
  const [totals, open, notified] = await Promise.all([
    statusTotals(database),
    openTotals(database),
    latestNotified(database),
  ]);
  return (style: Style): Pick<StyleReport, 'counts' | 'notified' | 'retrying' | 'parked'> => {
    const ofStyle = totals.filter((total) => total.style === style);
    const count = (status: string) => ofStyle.find((total) => total.status === status)?.signups ?? 0;
    const steps = (kind: string) =>
      open.find((total) => total.style === style && total.kind === kind)?.steps ?? 0;
    const taken = notified.find((each) => each.style === style);
    return {
      counts: Object.fromEntries(statuses.map((status) => [status, count(status)])) as StyleReport['counts'],
      notified: taken ? { p50Ms: taken.p50Ms, p99Ms: taken.p99Ms, of: taken.of } : null,
      retrying: steps('retrying'),
      parked: steps('parked'),
    };
  };
}

function valueOf(
  samples: ReadonlyMap<string, Sample[]>,
  family: string,
  labels: Record<string, string>,
): number | undefined {
  return samples
    .get(family)
    ?.find((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))?.value;
}

/** Reads something, undefined where that fails or takes too long. What is still being read is not read a second time beside it. */
function inTime<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined;
  return () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    return Promise.race([reading, delay(readWithinMs, undefined, { ref: false })]);
  };
}
