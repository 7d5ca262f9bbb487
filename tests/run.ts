/**
 * `npm test [-- FILE or FOLDER …] [--grep TEXT]`: starts one stack for the whole run, on free ports and with its own state, plays the
 * tests against it, stops it, and ends with the line `N passed, N failed, N skipped`. With `--record`, tests that measure something
 * note it in `results/`.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { startStack } from '../platform/stack.ts';
import { closeInside } from './inside.ts';
import { watchForLeaks } from './leaks.ts';
import { shareStack } from './stack.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    bail: { type: 'boolean', default: false },
    record: { type: 'boolean' },
  },
});

const began = Date.now();
const home = await mkdtemp(join(tmpdir(), 'duet-test-'));
const mocha = new Mocha({
  timeout: 60_000,
  slow: 5000,
  forbidOnly: Boolean(process.env['CI']),
  bail: values.bail,
  ...(values.grep === undefined ? {} : { grep: values.grep }),
});
const all = fileURLToPath(new URL('.', import.meta.url));
const files = (await Promise.all((positionals.length > 0 ? positionals : [all]).map(testFiles))).flat();

const stack = await startStack({ home, log: (line) => console.log(line) });
console.log(`The stack is up after ${seconds()} s; its logs are in ${join(home, 'logs')}`);
shareStack(stack);
let failed = 1;
let summary = 'the run was broken off';
try {
  for (const file of files) await load(file);
  for (const suite of mocha.suite.suites) watchForLeaks(suite);
  const runner = await new Promise<Mocha.Runner>((done) => {
    const running = mocha.run(() => done(running));
  });
  const { passes, failures, pending } = runner.stats!;
  failed = failures;
  summary = `${passes} passed, ${failures} failed, ${pending} skipped`;
} finally {
  await closeInside();
  await stack.stop();
}
if (failed > 0) console.log(`The logs of the stack are kept in ${join(home, 'logs')}`);
else await rm(home, { recursive: true, force: true });
console.log(`Took ${seconds()} s.\n${summary}`);
// Whatever a test left open must not keep the run from ending.
process.exit(failed > 0 ? 1 : 0);

/** As mocha does it, but always by `import`: the tests must see the same modules as this file. */
async function load(file: string): Promise<void> {
  mocha.suite.emit('pre-require', globalThis, file, mocha);
  mocha.suite.emit('require', await import(pathToFileURL(file).href), file, mocha);
  mocha.suite.emit('post-require', globalThis, file, mocha);
}

/** A file as it is; of a folder, the tests in it and below. */
async function testFiles(path: string): Promise<string[]> {
  const place = resolve(path);
  if (!(await stat(place)).isDirectory()) return [place];
  const paths = await readdir(place, { recursive: true });
  return paths
    .filter((each) => each.endsWith('.test.ts'))
    .toSorted()
    .map((each) => join(place, each));
}

function seconds(): string {
  return ((Date.now() - began) / 1000).toFixed(0);
}
