/**
 * A lane of a run: plays the files that the runner hands it, one after the other, in a process of its own. The first of them that needs
 * a stack has it started; the lane keeps it for the others, so a test may break and mend what it likes. What the lane has
 * to say to the runner is a line of its output, in order with what the tests print.
 */
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';
import { needsStack } from './files.ts';
import { watchForLeaks } from './leaks.ts';

/** What the runner tells a lane: where the state of its stack may be, how to play, and how a line begins that is for the runner. */
export type LaneOptions = { home: string; grep?: string; color: boolean; mark: string };

/** What a lane tells the runner. */
export type Told =
  | { told: 'ready' }
  | { told: 'stack'; seconds: number }
  | { told: 'played'; file: string; passed: number; failed: Failure[]; skipped: number; seconds: number };

/** A test that failed, and what it said. */
export type Failure = { title: string; said: string };

const options = JSON.parse(process.argv[2]!) as LaneOptions;
let shared: Shared | undefined;
// Nothing more is to be played, or the runner is gone.
const end = () => void Promise.resolve(shared?.stop()).then(() => process.exit(0));
process.on('disconnect', end);
process.on('message', (file: string) => {
  if (file === '') return end();
  playFile(file).then(
    () => tell({ told: 'ready' }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
tell({ told: 'ready' });

async function playFile(file: string): Promise<void> {
  let began = Date.now();
  const mocha = mochaFor(options);
  await load(mocha, file);
  if (shared === undefined && (await needsStack(file)) && hasChosenTests(mocha)) {
    shared = await sharedStack(options.home);
    tell({ told: 'stack', seconds: secondsSince(began) });
    began = Date.now();
  }
  for (const suite of mocha.suite.suites) watchForLeaks(suite, { ...shared });
  const failed: Failure[] = [];
  const { passes, pending } = await new Promise<Mocha.Stats>((done) => {
    const runner = mocha.run(() => done(runner.stats!));
    runner.on('fail', (test, error: Error) => failed.push({ title: test.fullTitle(), said: error.message }));
  });
  mocha.dispose();
  tell({
    told: 'played',
    file,
    seconds: secondsSince(began),
    passed: passes,
    failed,
    skipped: pending,
  });
}

type Shared = { closeShared: () => Promise<void>; isSettled: () => boolean; stop: () => Promise<void> };

/** Starts the stack of the lane. All that only a stack needs is loaded for it: unit tests take a moment. */
async function sharedStack(home: string): Promise<Shared> {
  const { startStack } = await import('../tools/platform/stack.ts');
  const { closeInside: closeShared } = await import('./inside.ts');
  const { shareStack } = await import('./stack.ts');
  const stack = await startStack({ home, log: (line) => console.log(line) });
  // Nothing else waits for it; tests of a style over it would find it missing.
  if (stack.addresses.kafka !== undefined) await stack.untilReady('kafka');
  shareStack(stack);
  // The first workflow of a server may take longer than the api waits for it: no test is to have that one.
  const { arrival, clickUntilActedOn, linkIn, startSignup, uniqueRequest } = await import('./client.ts');
  const request = uniqueRequest('orchestration');
  await startSignup(request);
  await clickUntilActedOn(await linkIn(request.email));
  await arrival(request.email, 'activated');
  return { closeShared, isSettled: stack.caresForBroker, stop: () => closeShared().then(stack.stop) };
}

function mochaFor({ grep, color }: LaneOptions): Mocha {
  return new Mocha({
    timeout: 60_000,
    slow: 5000,
    color,
    forbidOnly: Boolean(process.env['CI']),
    ...(grep === undefined ? {} : { grep }),
  });
}

/** As mocha does it, but always by `import`: the tests must see the same modules as this file. */
async function load(mocha: Mocha, file: string): Promise<void> {
  mocha.suite.emit('pre-require', globalThis, file, mocha);
  mocha.suite.emit('require', await import(pathToFileURL(file).href), file, mocha);
  mocha.suite.emit('post-require', globalThis, file, mocha);
}

function hasChosenTests({ suite, options: { grep } }: Mocha): boolean {
  let found = false;
  suite.eachTest((test: Mocha.Test) => {
    found ||= grep === undefined || new RegExp(grep).test(test.fullTitle());
  });
  return found;
}

function tell(what: Told): void {
  process.stdout.write(`${options.mark}${JSON.stringify(what)}\n`);
}

function secondsSince(began: number): number {
  return (Date.now() - began) / 1000;
}
