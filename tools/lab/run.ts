/** `npm run lab`: breaks everything, on purpose, on a stack of its own, and shows what each style does. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describeMachine, describeVersions, versionLine } from '../bench/machine.ts';
import { playCampaign } from './campaign.ts';
import { faults } from './faults.ts';
import { complaintsAbout, type Cell, type ControlCell, type LabResults } from './figures.ts';
import { cellLine, controlLine, verbose } from './lines.ts';
import { onLabStack, playMatrix } from './matrix.ts';
import { readOptions } from './options.ts';
import { failureReport } from './report.ts';

const root = new URL('../../', import.meta.url);
const options = readOptions();
const { seed, signups, minutes, fault, styles } = options;
const machine = describeMachine();
const began = Date.now();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) return;
    console.log('Healing and stopping …');
    stopping.abort(new Error('stopped'));
  });
}
const found: (Cell | ControlCell)[] = [];
const { signal } = stopping;
const log = (line: string) => console.log(line);

try {
  process.exitCode = await { matrix: playAll, cell: playOne, campaign: playAtRandom, report: reportAgain }[
    options.what
  ]();
} catch (error) {
  if (!signal.aborted) console.error(error);
  const soFar =
    found.length > 0 ? `What was found so far:\n${found.map(lineOf).join('\n')}` : 'Nothing was found yet.';
  console.log(soFar);
  process.exitCode = signal.aborted ? 130 : 1;
}
// Whatever a cell that was broken off has open must not keep the lab from ending.
process.exit();

async function playAll(): Promise<number> {
  let versions: Record<string, string> = {};
  const played = await playMatrix({
    ...(styles && { styles }),
    seed,
    signups,
    signal,
    say: () => {},
    log,
    async onStack({ stack }) {
      versions = await describeVersions(stack);
      log(versionLine(versions));
    },
    found(cell, left) {
      found.push(cell);
      const tookMs = Date.now() - began;
      const minutesLeft =
        left > 0.97 ? '' : `, about ${Math.ceil((tookMs / (1 - left) - tookMs) / 60_000)} min left`;
      log(`${lineOf(cell)}  [${Math.round(100 * (1 - left))} %${minutesLeft}]`);
    },
  });
  const described = faults.map(({ name, family, breaks, injectedAt, heals, expected }) => {
    return { name, family, breaks, injectedAt, heals, expected };
  });
  const tookSeconds = Math.round((Date.now() - began) / 1000);
  const results: LabResults = { machine, versions, seed, tookSeconds, faults: described, ...played };
  await mkdir(new URL('results/', root), { recursive: true });
  await writeFile(new URL('results/lab.json', root), `${JSON.stringify(results, undefined, 2)}\n`);
  log('Wrote results/lab.json; `npm run generate` takes the tables over.');
  await writeReport(results);
  return concluded(played);
}

async function reportAgain(): Promise<number> {
  await writeReport(JSON.parse(await readFile(new URL('results/lab.json', root), 'utf8')) as LabResults);
  return 0;
}

/** In `build/`, which git ignores: the page says nothing that is not in `results/lab.json`. */
async function writeReport(results: LabResults): Promise<void> {
  await mkdir(new URL('build/', root), { recursive: true });
  await writeFile(new URL('build/failure-report.html', root), failureReport(results));
  log('Wrote build/failure-report.html, a page for the browser.');
}

async function playOne(): Promise<number> {
  const played = await playMatrix({
    faults: [fault!],
    controls: [],
    ...(styles && { styles }),
    seed,
    signups,
    signal,
    say: log,
    log,
    found: (each) => found.push(each),
  });
  log(played.cells.map(verbose).join('\n'));
  return concluded(played);
}

async function playAtRandom(): Promise<number> {
  const cells = await onLabStack({ signal, log }, false, (lab, witness) =>
    playCampaign({ lab, witness, seed, minutes, signal, say: log }),
  );
  log(cells.map((each) => (each.findings.length > 0 ? verbose(each) : cellLine(each))).join('\n'));
  return concluded({ cells, controls: [] });
}

function concluded(played: { cells: Cell[]; controls: ControlCell[] }): number {
  const complaints = complaintsAbout(played);
  for (const complaint of complaints) console.error(complaint);
  log(
    `Took ${Math.round((Date.now() - began) / 1000)} s. ${complaints.length === 0 ? 'All as expected.' : `${complaints.length} not as expected.`}`,
  );
  return complaints.length === 0 ? 0 : 1;
}

function lineOf(each: Cell | ControlCell): string {
  return 'control' in each ? controlLine(each) : cellLine(each);
}
