/** `npm run bench -- coupling`: who waits while something is slow or away, one style at a time on one stack, resumable cell by cell. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { styles } from '../../../domain/signup.ts';
import { stylesHere } from '../../lab/here.ts';
import { startLabStack } from '../../lab/stack.ts';
import { openWitness } from '../../lab/witness.ts';
import { describeVersions, versionLine, type Machine } from '../machine.ts';
import type { Options } from '../options.ts';
import { interruption as signal, scratch } from '../own-stack.ts';
import { keepResults, writeResults } from '../results.ts';
import { measureCell } from './cell.ts';
import { couplingFaults, isPossible } from './faults.ts';
import type { CouplingResults } from './figures.ts';
import { cellHead, cellLine } from './lines.ts';
import { jobsLeft, nameOf, quickly, usually, type Job } from './plan.ts';

/** Measures what is left to measure, and writes the figures after each cell. */
export async function measureCoupling(options: Options, machine: Machine): Promise<void> {
  const { quick, seed, out } = options;
  const before = options.resume ? await resultsIn(out) : undefined;
  const kill = new AbortController();
  const lab = await startLabStack({
    log: console.log,
    signals: { stop: signal, kill: kill.signal },
    within: scratch,
  });
  const witness = openWitness(lab.stack);
  try {
    const versions = await describeVersions(lab.stack);
    console.log(versionLine(versions));
    const about = { machine, versions, seed, quick };
    if (before) refuseOther(before, about);
    const results = {
      ...about,
      date: before?.date ?? new Date().toISOString().slice(0, 10),
      faults: couplingFaults.map(({ name, says, lasts }) => ({ name, says, lasts })),
      cells: [...(before?.cells ?? [])],
    };
    const extent = quick ? quickly : usually;
    const wanted = {
      faults: options.faults,
      styles: styles.filter((style) => options.only.includes(style)),
    };
    const here = await stylesHere(lab, wanted.styles, { signal, log: console.log });
    const jobs = jobsLeft(extent, wanted, results.cells);
    const left = jobs.filter(({ style, fault }) => here.has(style) && isPossible(fault, lab));
    if (left.length < jobs.length) console.log(`${jobs.length - left.length} cells cannot be measured here.`);
    console.log(`\n${cellHead()}`);
    const progress = progressOf(left);
    for (const job of left) {
      const cell = await measureCell(job, { lab, witness, extent, seed, signal }).catch(failed(job));
      if (cell) {
        results.cells.push(cell);
        await keepResults(out, results);
      }
      console.log(`${cell ? cellLine(cell) : ''}  [${progress(job)}]`);
    }
    await writeResults(out, results);
  } catch (error) {
    process.exitCode = signal.aborted ? 130 : 1;
    if (!signal.aborted) console.error(error);
  } finally {
    await witness.close();
    await lab.stop();
  }
}

/** Says what went wrong with a cell, which is left to be measured again; what ends the run is passed on. */
function failed(job: Job): (error: unknown) => undefined {
  return (error) => {
    signal.throwIfAborted();
    process.exitCode = 1;
    console.error(`${Object.values(nameOf(job)).join(', ')} could not be measured:`, error);
  };
}

/** How much is done once a job is, as text. */
function progressOf(jobs: readonly Job[]): (done: Job) => string {
  const began = Date.now();
  return (done) => {
    const count = jobs.indexOf(done) + 1;
    const minutes = (((Date.now() - began) / count) * (jobs.length - count)) / 60_000;
    return `${count} of ${jobs.length}, about ${Math.ceil(minutes)} min left`;
  };
}

async function resultsIn(file: string): Promise<CouplingResults | undefined> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as CouplingResults) : undefined;
}

/** Figures of two machines, versions or extents are no one run. */
function refuseOther(
  before: CouplingResults,
  now: Pick<CouplingResults, 'machine' | 'versions' | 'seed' | 'quick'>,
) {
  const known = ({ machine, versions, seed, quick }: typeof now) =>
    JSON.stringify([
      machine.cpu,
      machine.cores,
      machine.memoryGb,
      Object.entries(versions).toSorted(),
      seed,
      quick,
    ]);
  if (known(before) !== known(now)) {
    throw new Error(
      'the figures to resume are of another machine, other versions, another seed or another extent',
    );
  }
}
