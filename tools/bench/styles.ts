/** The styles against their floors: how fast a signup is, and how many there are in a second. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stylesPlayedBy } from '../../domain/styles.ts';
import type { Stack } from '../platform/stack.ts';
import { openCounters } from './counters.ts';
import { startFloors } from './floors.ts';
import { describeVersions, versionLine, type Machine } from './machine.ts';
import { measure, type Extent } from './measurement.ts';
import type { Options } from './options.ts';
import { onOwnStack } from './own-stack.ts';
import { report, windowHead, windowLine } from './report.ts';
import { writeResults } from './results.ts';
import { flushTemporal } from './synchronous-full.ts';
import { pidsOf, systemsOf } from './systems.ts';
import { playWindow } from './window.ts';

/** Measures, prints the tables and writes the figures. */
export function measureStyles(options: Options, machine: Machine): Promise<void> {
  return onOwnStack((stack) => measureOn(stack, options, machine));
}

async function measureOn(stack: Stack, options: Options, machine: Machine): Promise<void> {
  const extent: Extent = options.quick
    ? { rounds: 1, clients: [1, 20, 100], timing: { warmUpMs: 1000, windowMs: 2000 } }
    : { rounds: 5, clients: [1, 20, 100], timing: { warmUpMs: 1000, windowMs: 6000 } };
  const versions = await describeVersions(stack);
  console.log(versionLine(versions));
  const floors = await startFloors(stack, stack.home);
  const systems = systemsOf(stack, floors);
  const pids = () => pidsOf(stack, floors);
  const counters = await openCounters({
    databaseUrl: stack.addresses.databaseAdmin,
    brokerMetricsUrl: await brokerMetricsUrl(stack.home),
    pids,
  });
  console.log(`\n${windowHead()}`);
  const measurement = await measure({
    systems,
    extent,
    counters,
    pids,
    only: options.only,
    seed: options.seed,
    report: (window) => console.log(windowLine(window)),
  });

  let full;
  const [onTemporal] = stylesPlayedBy('workflow');
  if (options.only.includes(onTemporal)) {
    await flushTemporal(stack, stack.home);
    // As warm as the other server was: its caches begin empty, and the signups before it are many.
    const timing = { ...extent.timing, warmUpMs: 5 * extent.timing.warmUpMs };
    full = await playWindow(systems[onTemporal], { clients: 20 }, timing, counters, options.seed);
  }
  await counters.close();

  console.log(report(measurement, full));
  const { seed, quick } = options;
  const durability = { postgres: 'flushed', rabbitmq: 'flushed', temporal: 'synchronous=OFF' };
  const results = { machine, versions, seed, quick, durability, ...measurement, synchronousFull: full };
  await writeResults(options.out, results);
}

async function brokerMetricsUrl(home: string): Promise<string> {
  const { processes } = JSON.parse(await readFile(join(home, 'stack.json'), 'utf8')) as {
    processes: Record<string, { prometheusPort?: number }>;
  };
  return `http://127.0.0.1:${processes['rabbitmq']?.prometheusPort}/metrics`;
}
