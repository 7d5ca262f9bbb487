/**
 * `npm test [-- FILE or FOLDER …]`: plays test files in a few lanes, processes side by side that each start a stack of their own once
 * a file needs one (`lane.ts`), on free ports and with its own state. Ends with the seconds that each file took, and with
 * the line `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { cacheFolder, repository } from '../tools/platform/folders.ts';
import { planKafka } from '../tools/platform/kafka.ts';
import { onDemand, ours } from '../tools/platform/our-processes.ts';
import { planRabbit } from '../tools/platform/rabbitmq.ts';
import { startStack } from '../tools/platform/stack.ts';
import { planTemporal } from '../tools/platform/temporal.ts';
import { needsBrowser, needsStack, testFiles } from './files.ts';
import type { Failure, LaneOptions, Told } from './lane.ts';
import { secondsTable, type Seconds } from './seconds.ts';
import { chromiumPath } from './web/chromium.ts';

const command = new Command('npm test --')
  .description(
    'Plays tests, on a real stack where they need one: all but tests/deep, tests/soak and tests/web, or those named.',
  )
  .argument('[paths...]', 'files and folders')
  .option('--grep <text>', 'only tests whose name has this text')
  .option('--bail', 'end after the first file that fails', false)
  .option('--lanes <number>', 'processes side by side; 3 for all tests, 1 for those named', wholeNumber)
  .option('--record', 'tests that measure something note it in results/', false)
  .addHelpText(
    'after',
    '\nnpm run test:unit plays what needs no stack, test:time what needs days, test:web the pages in a browser, test:deep the long ones.',
  )
  .parse();
const values = command.opts();
const paths = command.args;

const began = Date.now();
const files = await testFiles(paths).catch((error: Error) => command.error(error.message));
// Said before a stack is started for nothing.
if (files.some(needsBrowser)) await chromiumPath().catch((error: Error) => command.error(error.message));
const stackFiles = new Set<string>();
for (const file of files) if (await needsStack(file)) stackFiles.add(file);

/** How a line of a lane begins that is for us. */
const mark = '\u0000';
const waiting = [...files];
const home = await mkdtemp(join(tmpdir(), 'duet-test-'));
const results = { passed: 0, failed: [] as Failure[], skipped: 0 };
const seconds: Seconds[] = [];
if (!files.every((file) => file.startsWith(join(repository, 'tests', 'unit')))) await fetchParts();
// Read by every process of the run that is given it: compiling costs as much as all else that a start does.
process.env['NODE_COMPILE_CACHE'] = join(home, 'compiled');
if (stackFiles.size > 1) await compileOurProcesses();
const lanes = Math.min(values.lanes ?? (paths.length === 0 ? 3 : 1), files.length);
await Promise.all(Array.from({ length: lanes }, (_, index) => runLane(index)));

console.log(secondsTable(seconds));
if (results.failed.length > 0) {
  console.log(`Failed:\n${results.failed.map(failureText).join('\n')}`);
  console.log(`The logs of the stacks are kept in ${home}`);
} else await rm(home, { recursive: true, force: true });
console.log(`Took ${((Date.now() - began) / 1000).toFixed(0)} s.`);
console.log(`${results.passed} passed, ${results.failed.length} failed, ${results.skipped} skipped`);
process.exit(results.failed.length > 0 || results.passed === 0 ? 1 : 0);

/** Fetches or builds what the first start on a machine lacks: that takes minutes, and no test waits so long. */
async function fetchParts(): Promise<void> {
  const surroundings = { environment: process.env, home, cache: cacheFolder(process.env), say: console.log };
  const plans = await Promise.all([
    planRabbit(surroundings),
    planKafka(surroundings),
    planTemporal(surroundings),
  ]);
  if (plans.every((plan) => plan.way !== 'none' && plan.then === undefined)) return;
  const started = { home: join(home, 'first'), log: console.log };
  const stack = await startStack({ ...started, processes: ['rabbitmq', 'kafka', 'temporal'] });
  // Fetched while the rest runs already, and by nobody else's haste.
  if (stack.addresses.kafka !== undefined) await stack.untilReady('kafka');
  await stack.stop();
}

/** Has each process of ours load its code and end for want of settings: one that is killed leaves nothing in the cache. */
async function compileOurProcesses(): Promise<void> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const options = { cwd: repository, env: { PATH, NODE_COMPILE_CACHE }, stdio: 'ignore' } as const;
  const started = [...ours, ...onDemand].map((name) =>
    spawn(process.execPath, [`workers/${name}.ts`], options),
  );
  await Promise.all(started.map((each) => once(each, 'close')));
}

/** Starts a lane and hands it files until none is left. */
async function runLane(index: number): Promise<void> {
  const options: LaneOptions = {
    home: await mkdtemp(join(home, `lane-${index + 1}-`)),
    mark,
    color: process.stdout.isTTY,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  };
  const lane = spawn(
    process.execPath,
    ['tests/lane.ts', JSON.stringify(options), ...(values.record ? ['--record'] : [])],
    { cwd: repository, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let file: string | undefined;
  // The last lane begins with what needs no stack, so that this is played beside what does.
  const likesStack = index < lanes - 1;
  // What lanes print at the same time is shown file by file.
  let printed: string[] = [];
  const print = (line: string) => (lanes === 1 ? console.log(line) : void printed.push(line));
  const flush = () => {
    if (printed.length > 0) console.log(printed.join('\n'));
    printed = [];
  };
  // It has ended in the middle of a file, which its end tells.
  lane.on('error', () => {});
  createInterface(lane.stderr!).on('line', print);
  createInterface(lane.stdout!).on('line', (line) => {
    if (!line.startsWith(mark)) return print(line);
    const told = JSON.parse(line.slice(mark.length)) as Told;
    if (told.told === 'stack') {
      seconds.push({ file: '(a stack starts)', seconds: told.seconds });
    } else if (told.told === 'played') {
      results.passed += told.passed;
      results.skipped += told.skipped;
      results.failed.push(
        ...told.failed.map(({ title, said }) => ({ title: `${nameOf(told.file)}: ${title}`, said })),
      );
      seconds.push({ file: nameOf(told.file), seconds: told.seconds });
      flush();
    } else {
      file = next(likesStack);
      if (file !== undefined) print(`\n${nameOf(file)}`);
      lane.send(file ?? '');
    }
  });
  await once(lane, 'close');
  flush();
  if (file === undefined) return;
  results.failed.push({ title: `${nameOf(file)}: its process ended before it was played`, said: '' });
  if (waiting.length > 0) await runLane(index);
}

/** The next file for a lane. */
function next(likesStack: boolean): string | undefined {
  if (values.bail && results.failed.length > 0) return undefined;
  const liked = waiting.findIndex((file) => stackFiles.has(file) === likesStack);
  return waiting.splice(Math.max(0, liked), 1)[0];
}

/** What failed and what it said, once more: a long log is read from its end. */
function failureText({ title, said }: Failure): string {
  const lines = said.split('\n').slice(0, 30);
  return [`  ${title}`, ...lines.map((line) => `      ${line}`)].join('\n');
}

function nameOf(file: string): string {
  return relative(repository, file);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return Number(text);
}
