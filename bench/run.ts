/**
 * `npm run bench`: measures both styles against their floors, on a stack of its own, prints a table and writes the figures
 * to a file. Takes up to ten minutes; a machine that does something else meanwhile gives figures worth nothing.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startStack, type Stack } from '../platform/stack.ts';
import { openCounters } from './counters.ts';
import { startFloors } from './floors.ts';
import { describeMachine, describeVersions } from './machine.ts';
import { measure, type Extent } from './measurement.ts';
import { readOptions } from './options.ts';
import { report, windowHead, windowLine } from './report.ts';
import { flushTemporal } from './synchronous-full.ts';
import { pidsOf, systemsOf } from './systems.ts';
import { playWindow } from './window.ts';

const options = readOptions();
const extent: Extent = options.quick
  ? { rounds: 1, clients: [1, 20, 100], timing: { warmUpMs: 1000, windowMs: 2000 } }
  : { rounds: 3, clients: [1, 20, 100], timing: { warmUpMs: 1000, windowMs: 10_000 } };

// What other servers do would be measured too, and nobody wants a benchmark's signups in them.
const attaching = /^(DATABASE_URL|AMQP_.*|TEMPORAL_(?!DOWNLOAD_URL).*|SMTP_URL|SMS_.*|PORT|PUBLIC_URL)$/;
const ignored = Object.keys(process.env).filter((name) => attaching.test(name));
for (const name of ignored) delete process.env[name];

const stopping = new AbortController();
const killing = new AbortController();
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      console.log('Stopping …');
      stopping.abort();
      reject(new Error('stopped'));
    });
  }
});
interrupted.catch(() => {});

const machine = describeMachine();
console.log(
  `Machine   ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, load ${machine.load}`,
);
if (ignored.length > 0)
  console.log(`Ignored   ${ignored.join(', ')}: the benchmark starts servers of its own`);
const began = Date.now();
// Not where files may live in memory: what is written is to be flushed to a disk.
const home = await mkdtemp(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'duet-bench-'));
let stack: Stack | undefined;
try {
  stack = await startStack({
    home,
    log: console.log,
    signals: { stop: stopping.signal, kill: killing.signal },
  });
  await Promise.race([interrupted, measureOn(stack)]);
  await stack.stop();
  await rm(home, { recursive: true, force: true });
  console.log(`Took ${((Date.now() - began) / 1000).toFixed(0)} s.`);
  process.exit(0);
} catch (error) {
  // After a signal the stack stops by itself; whatever else failed while it did is its consequence.
  if (!stopping.signal.aborted)
    console.error(error, `\nThe logs of the stack are kept in ${join(home, 'logs')}`);
  await stack?.stop();
  if (stopping.signal.aborted) await rm(home, { recursive: true, force: true });
  process.exit(stopping.signal.aborted ? 130 : 1);
}

async function measureOn(running: Stack): Promise<void> {
  const versions = await describeVersions(running);
  console.log(
    `Versions  ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  );
  const floors = await startFloors(running, home);
  const systems = systemsOf(running, floors);
  const pids = () => pidsOf(running, floors);
  const counters = await openCounters({
    databaseUrl: running.addresses.databaseAdmin,
    brokerMetricsUrl: await brokerMetricsUrl(),
    pids,
  });
  console.log(`\n${windowHead()}`);
  const measurement = await measure({
    ...{ systems, extent, counters, pids, only: options.only, seed: options.seed },
    report: (window) => console.log(windowLine(window)),
  });

  let full;
  if (options.only.includes('orchestration')) {
    await flushTemporal(running, home);
    // As warm as the other server was: its caches begin empty, and the signups before it are many.
    const timing = { ...extent.timing, warmUpMs: 5 * extent.timing.warmUpMs };
    full = await playWindow(systems.orchestration, { clients: 20 }, timing, counters, options.seed);
  }
  await counters.close();

  console.log(report(measurement, full));
  const { seed, quick } = options;
  const durability = { postgres: 'flushed', rabbitmq: 'flushed', temporal: 'synchronous=OFF' };
  const results = { machine, versions, seed, quick, durability, ...measurement, synchronousFull: full };
  const file = resolve(options.out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, rounded, 2)}\n`);
  console.log(`\nWrote ${file}`);
}

async function brokerMetricsUrl(): Promise<string> {
  const { processes } = JSON.parse(await readFile(join(home, 'stack.json'), 'utf8')) as {
    processes: Record<string, { prometheusPort?: number }>;
  };
  return `http://127.0.0.1:${processes['rabbitmq']?.prometheusPort}/metrics`;
}

/** More digits would promise more than was measured. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
