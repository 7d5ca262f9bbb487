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

/** Has a page keep how long each of its tasks took that was long. */
export const keepLongTasks = (page: Page) =>
  page.addInitScript(`globalThis.longTasks = [];
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask', buffered: true });`);

/** Measures a page that keeps its long tasks. */
export async function figuresOf(
  page: Page,
  counted: Pick<PageFigures, 'elements' | 'mostEntriesPerFrame'>,
): Promise<PageFigures> {
  const tasks = await page.evaluate<number[]>('longTasks');
  return {
    tasksOver200Ms: tasks.filter((ms) => ms > 200).length,
    longestTaskMs: Math.round(Math.max(0, ...tasks)),
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
