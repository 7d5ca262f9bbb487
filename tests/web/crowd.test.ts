/**
 * A thousand signups on the live page: it counts them as the stack does, applies what it is told in portions, and what is drawn does not
 * grow with them. How long its tasks take and what it holds are measured, and noted in `results/page.json` by `--record`; nothing is asserted of
 * them, as they depend on the machine.
 */
import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import type { CrowdState } from '../../domain/crowd.ts';
import type { StackReport } from '../../domain/report.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { describeMachine } from '../../tools/bench/machine.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { send } from '../client.ts';
import { theStack } from '../stack.ts';
import { withBrowser } from './browser.ts';
import { untilLive } from './live.ts';

const count = 1000;

/** How many entries a page may apply in one frame. */
const mostPerFrame = 2000;

describe('A live page with a thousand signups', function () {
  this.timeout(240_000);
  const itInBrowser = withBrowser();
  after(() => supervisorOver(theStack().home).stop('crowd'));

  itInBrowser('counts them as the stack does, and draws no more elements than before', async ({ open }) => {
    const page = await open('/', { before: (opened) => opened.addInitScript(longTasks) });
    await untilLive(page);
    // The page lists what was there before it was opened, as far as it shows that.
    const [before, drawnBefore] = await Promise.all([countsOfStack(), cellsOf(page)]);
    const elementsBefore = await elementsOf(page);
    await page.getByRole('button', { name: `A crowd of ${count.toLocaleString('en')}` }).click();
    await until(
      'the crowd to be answered',
      async () => {
        const { body } = await send<CrowdState>('GET', '/crowd');
        if (body.count === count && !body.isRunning) return true;
        throw new Error(`${body.answered} of ${body.count}`);
      },
      { withinMs: 180_000 },
    );
    await until(
      'the page to count as the stack',
      async () => {
        const [stack, drawn] = await Promise.all([countsOfStack(), cellsOf(page)]);
        const come = forEachStyle((style) => sum(stack[style]) - sum(before[style]));
        assert.deepEqual(
          forEachStyle((style) => sum(drawn[style]) - sum(drawnBefore[style])),
          come,
        );
        assert.ok(sum(come) >= count * 0.9, `${sum(come)} have come`);
        return true;
      },
      { withinMs: 60_000, everyMs: 500 },
    );
    const applied = Number(await page.locator('main').getAttribute('data-most-per-frame'));
    assert.ok(applied > 0 && applied <= mostPerFrame, `${applied} entries in a frame`);
    const elements = await elementsOf(page);
    assert.ok(elements - elementsBefore < 300, `${elements} elements, ${elementsBefore} before`);
    await note(page, { elements, mostEntriesPerFrame: applied });
  });
});

type Counts = Record<string, number>;

const sum = (counts: Counts) => Object.values(counts).reduce((all, each) => all + each, 0);

async function countsOfStack(): Promise<Record<Style, Counts>> {
  const { body } = await send<StackReport>('GET', '/styles');
  return forEachStyle((style) => body.styles.find((each) => each.style === style)?.counts ?? {});
}

/** What the page's table says of the cells of each lane. */
async function cellsOf(page: Page): Promise<Record<Style, Counts>> {
  const read = await Promise.all(
    styles.map(async (style) => {
      const cells = page.locator(`[data-crowd="${style}"] [data-cell]`);
      const counted = await cells.evaluateAll((elements) =>
        elements.map(
          (element) => [element.getAttribute('data-cell') ?? '', Number(element.textContent)] as const,
        ),
      );
      return [style, Object.fromEntries(counted)] as const;
    }),
  );
  const all = new Map(read);
  return forEachStyle((style) => all.get(style) ?? {});
}

const elementsOf = (page: Page) => page.locator('*').count();

/** Keeps how long each task of the page took that was long. */
const longTasks = `globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask', buffered: true });`;

async function note(page: Page, counted: { elements: number; mostEntriesPerFrame: number }): Promise<void> {
  const tasks = await page.evaluate<number[]>('longTasks');
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  const measured = {
    signups: count,
    ...counted,
    longestTaskMs: Math.round(Math.max(0, ...tasks)),
    tasksOver200Ms: tasks.filter((ms) => ms > 200).length,
    heapMb: Math.round(usedSize / 2 ** 20),
  };
  console.log(`      ${JSON.stringify(measured)}`);
  if (!process.argv.includes('--record')) return;
  const { cpu, cores, memoryGb } = describeMachine();
  const browser = page.context().browser()?.version() ?? '';
  const results = { machine: { cpu, cores, memoryGb }, versions: { chromium: browser }, measured };
  const file = new URL('../../results/page.json', import.meta.url);
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}
