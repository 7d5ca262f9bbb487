/** A stack of their own for tests that need other settings, or break what others need. */
import { join } from 'node:path';
import { startStack, type Stack, type StackOptions } from '../tools/platform/stack.ts';
import { closeInside } from './inside.ts';
import { temporaryFolder } from './platform/stage.ts';
import { shareStack } from './stack.ts';

type Prepared = { options: Partial<StackOptions>; close: () => Promise<void> };

/** A policy that parks within a second: what takes a day otherwise. */
export const soonParked = { RETRY_FIRST_MS: '50', RETRY_LONGEST_MS: '100', RETRY_ATTEMPTS: '3' };

/**
 * In a `describe`: its tests run on a stack with these settings, which `theStack()` names meanwhile. `processEnvironment` is
 * given to our processes on top of what they are given anyway; `place` says where its state is, and the files of our processes;
 * `tree` is a folder with another code than the present one, to start it from; `output` gets every line they print;
 * `prepare` says what it is started with besides, which is closed once the stack has ended.
 */
export function onOwnStack(settings: {
  environment?: Record<string, string>;
  processEnvironment?: () => Record<string, string>;
  place?: () => { home: string; workers: string };
  tree?: () => string;
  output?: (process: string, line: string) => void;
  prepare?: (environment: NodeJS.ProcessEnv) => Prepared;
}): void {
  let folder: ReturnType<typeof temporaryFolder>;
  let shared: Stack | undefined;
  let own: Stack | undefined;
  let prepared: Prepared | undefined;

  before(async function () {
    this.timeout(120_000);
    folder = temporaryFolder();
    const { PATH, HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env;
    const { startStack: start } = settings.tree ? await stackOf(settings.tree()) : { startStack };
    const environment = { PATH, HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE, ...settings.environment };
    prepared = settings.prepare?.(environment);
    own = await start({
      ...(settings.place?.() ?? { home: join(folder.path, 'state') }),
      environment,
      processEnvironment: settings.processEnvironment?.() ?? {},
      ...(settings.output === undefined ? {} : { output: settings.output }),
      ...prepared?.options,
    });
    if (own.addresses.kafka !== undefined) await own.untilReady('kafka');
    await closeInside();
    shared = shareStack(own);
  });

  after(async function () {
    this.timeout(60_000);
    await closeInside();
    if (own !== undefined) shareStack(shared);
    await own?.stop();
    await prepared?.close();
    folder[Symbol.dispose]();
  });
}

/** What starts a stack, as the code in a folder does. */
async function stackOf(tree: string): Promise<{ startStack: typeof startStack }> {
  return (await import(join(tree, 'tools', 'platform', 'stack.ts'))) as { startStack: typeof startStack };
}
