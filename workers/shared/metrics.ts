/**
 * The metrics of a process, in the text format of Prometheus. Counters are kept here; what others know (the database, the
 * broker) is read only when somebody asks, with a time limit, and is absent where it cannot be read: a scrape never fails.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from '@prometheus-io/client';
import type { Style } from '../../domain/signup.ts';

/** A value with its labels; `metricName` where it is not that of its family. */
export type Sample = { metricName?: string; labels: Record<string, string | number>; value: number };

/** Metrics that are read together. `part` names what they are read from; `read` gives samples by the name of their family. */
export type Reading = {
  part: string;
  families: Record<string, { help: string; type: 'gauge' | 'histogram' }>;
  read: () => Promise<Record<string, Sample[]>>;
};

export type Metrics = {
  /** A step faulted and will be tried again. */
  retried(style: Style, step: string): void;
  /** A request was sent away because there were too many of its style. */
  shed(style: Style): void;
  /** Adds what is read when somebody asks. Several may read the same family, from different parts. */
  reads(reading: Reading): void;
  scrape(): Promise<{ contentType: string; text: string }>;
};

const readWithinMs = 2000;

/** Who asks more often is given what was read last. */
const keptMs = 1000;

/** The metrics of the process `name`, with those of Node.js. */
export function createMetrics(name: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process: name });
  // Every 100 ms it is looked how late the event loop is, every second how busy it was. As often as by default, every 10 and
  // 100 ms, that was most of what a process without work did.
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: 100,
    eventLoopUtilizationTimeout: 1000,
  });
  const registers = [registry];
  const retries = new Counter({
    name: 'duet_step_retries_total',
    help: 'Faults of steps that were followed by another attempt, since this process started',
    labelNames: ['style', 'step'],
    registers,
  });
  const sentAway = new Counter({
    name: 'duet_shed_requests_total',
    help: 'Requests that were answered 503 at once, as more were asked for than could be answered',
    labelNames: ['style'],
    registers,
  });
  const errors = new Gauge({
    name: 'duet_scrape_errors',
    help: '1 where a part could not be read for this scrape, and what is read from it is absent; else 0',
    labelNames: ['part'],
    registers,
  });
  const readings: (Reading & { samples: Record<string, Sample[]> })[] = [];
  let latest: { at: number; text: Promise<string> } | undefined;

  return {
    retried: (style, step) => retries.inc({ style, step }),
    shed: (style) => sentAway.inc({ style }),
    reads(reading) {
      readings.push({ ...reading, samples: {} });
      for (const [family, { help, type }] of Object.entries(reading.families)) {
        if (registry.getSingleMetric(family)) continue;
        // Not a `Gauge` or `Histogram`: those keep values of their own, these are what was read.
        const metric = {
          name: family,
          help,
          type,
          aggregator: 'first',
          reset() {},
          get: async () => ({
            name: family,
            help,
            type,
            values: readings.flatMap(({ samples }) => samples[family] ?? []),
          }),
        };
        registry.registerMetric(metric as unknown as Metric);
      }
    },
    async scrape() {
      if (!latest || Date.now() - latest.at > keptMs) latest = { at: Date.now(), text: readAll() };
      return { contentType: registry.contentType, text: await latest.text };
    },
  };

  async function readAll(): Promise<string> {
    await Promise.all(
      readings.map(async (reading) => {
        const samples = await Promise.race([
          reading.read().catch(() => undefined),
          delay(readWithinMs, undefined, { ref: false }),
        ]);
        errors.set({ part: reading.part }, samples ? 0 : 1);
        reading.samples = samples ?? {};
      }),
    );
    return registry.metrics();
  }
}
