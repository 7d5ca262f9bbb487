/**
 * No test file leaves anything behind: after each top-level `describe`, this process holds no more sockets, servers, timers and
 * child processes than before it. What tests share (`inside.ts`, kept-alive HTTP connections) is closed first.
 */
import { execFileSync } from 'node:child_process';
import type { Suite } from 'mocha';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { until } from '../adapters/waiting.ts';

/**
 * Looks at a suite before its first and after its last hook; `closeShared` closes what tests share. The stack lives in this process, too:
 * `isSettled` says whether it holds all that it holds when nothing is broken.
 */
export function watchForLeaks(
  suite: Suite,
  {
    closeShared = async () => {},
    isSettled = () => true,
    withinMs = 30_000,
  }: { closeShared?: () => Promise<void>; isSettled?: () => boolean; withinMs?: number } = {},
): void {
  let before: string[] = [];
  const closeKept = async () => {
    await closeShared();
    const dispatcher = getGlobalDispatcher();
    setGlobalDispatcher(new Agent());
    await dispatcher.close();
  };
  suite.beforeAll('looks what is open', async () => {
    await closeKept();
    await until('the stack to look after its broker', isSettled);
    before = held();
  });
  // Before the suite's own hooks, which were registered when the file was loaded.
  const hooks = (suite as unknown as { _beforeAll: unknown[] })._beforeAll;
  hooks.unshift(hooks.pop());
  suite.afterAll('leaves nothing open', async function () {
    this.timeout(60_000);
    await closeKept();
    await until(
      'all that the tests opened to be closed',
      () => {
        const left = without(held(), before);
        if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
        return true;
      },
      { withinMs },
    );
  });
}

/** What keeps this process alive, by type, and its child processes, by command. */
function held(): string[] {
  const children = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((command) => command !== '' && !command.startsWith('ps -o'));
  // Files being read and the like come and go by themselves.
  const resources = process.getActiveResourcesInfo().filter((type) => /Wrap$|^Timeout$/.test(type));
  return [...resources, ...children];
}

function without(all: string[], some: string[]): string[] {
  const rest = [...all];
  for (const one of some) if (rest.includes(one)) rest.splice(rest.indexOf(one), 1);
  return rest;
}
