/**
 * What a page takes of its browser, and what it takes to make it: measured by tests that show a crowd, and noted in `results/page.json`.
 * Nothing is asserted of it, as it depends on the machine.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { keepResults } from '../../tools/bench/results.ts';
import { describeMachine, describeVersions } from '../../tools/bench/machine.ts';
import type { PageFigures, PageResults } from '../../tools/generate/page.ts';
import { repository } from '../../tools/platform/folders.ts';
import { theStack } from '../stack.ts';

/** A task of the browser, as it traces it: how long it took, and how much of that it had a core; in microseconds. */
type Task = { dur: number; tdur: number };

type Traced = Partial<Task> & { name: string; tid: number; args?: { name?: string } };

/** Has the browser note every task of the page's process from now on; `end` tells those of its main thread. */
export async function traceTasks(page: Page): Promise<{ end(): Promise<Task[]> }> {
  const session = await page.context().newCDPSession(page);
  const traced: Traced[] = [];
  session.on('Tracing.dataCollected', ({ value }) => void traced.push(...(value as unknown as Traced[])));
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] },
  });
  return {
    async end() {
      const complete = new Promise<void>((resolve) =>
        session.once('Tracing.tracingComplete', () => resolve()),
      );
      await session.send('Tracing.end');
      await complete;
      const main = new Set(
        traced.flatMap(({ name, tid, args }) =>
          name === 'thread_name' && args?.name === 'CrRendererMain' ? [tid] : [],
        ),
      );
      return traced.filter((each): each is Traced & Task => each.tdur !== undefined && main.has(each.tid));
    },
  };
}

/** Measures a page, whose tasks were these. */
export async function figuresOf(
  page: Page,
  tasks: readonly Task[],
  counted: Pick<PageFigures, 'elements' | 'mostEntriesPerFrame'>,
): Promise<PageFigures> {
  return {
    tasksOver200Ms: tasks.filter(({ dur }) => dur > 200_000).length,
    longestTaskMs: inMs(tasks.map(({ dur }) => dur)),
    longestOnCoreMs: inMs(tasks.map(({ tdur }) => tdur)),
    heapMb: inTenths((await heapOf(page)) / 2 ** 20),
    ...counted,
    gzippedKb: inTenths((await gzippedOf(page)) / 1000),
    bundlingMs: Math.round(await bundlingOnce()),
  };
}

/** Notes the figures of some crowds. */
export async function noteFigures(page: Page, signups: number, crowds: PageFigures[]): Promise<void> {
  const { cpu, cores, memoryGb } = describeMachine();
  const chromium = page.context().browser()?.version() ?? '';
  const results: PageResults = {
    machine: { cpu, cores, memoryGb },
    versions: { ...(await describeVersions(theStack())), chromium },
    signups,
    crowds,
  };
  await keepResults(`${repository}/results/page.json`, results);
}

/** The largest of these microseconds. */
const inMs = (all: readonly number[]) =>
  Math.round(all.reduce((most, each) => Math.max(most, each), 0) / 1000);

const inTenths = (value: number) => Math.round(value * 10) / 10;

/** Bytes of objects that are in use. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize;
}

/** Bytes of the script and the style sheet that it has loaded, once compressed. */
async function gzippedOf(page: Page): Promise<number> {
  const loaded = await page.evaluate<string[]>(
    `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\/page-[^/]+\\.(js|css)$/.test(name))`,
  );
  const files = await Promise.all(loaded.map(async (url) => (await fetch(url)).arrayBuffer()));
  return files.reduce((sum, file) => sum + gzipSync(new Uint8Array(file)).length, 0);
}

/** Milliseconds of what a start does for the page, in a process of its own, with its start: the most that it can add where nothing else goes on. */
async function bundlingOnce(): Promise<number> {
  const began = performance.now();
  await promisify(execFile)(process.execPath, ['tools/platform/web.ts', '--home', theStack().home], {
    cwd: repository,
  });
  return performance.now() - began;
}
