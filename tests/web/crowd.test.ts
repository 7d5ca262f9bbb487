/**
 * A thousand signups on the live page: it counts them as the stack does, applies what it is told in portions, and what is drawn does not
 * grow with them. What that takes is measured; `--record` has three crowds come, and notes them in `results/page.json`.
 */
import { strict as assert } from 'node:assert';
import type { Page, Response } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import type { CrowdState } from '../../domain/crowd.ts';
import type { StackReport } from '../../domain/report.ts';
import { statuses, styles, type SignupStatus, type Style } from '../../domain/signup.ts';
import { forEachStyle, promises } from '../../domain/styles.ts';
import type { PageFigures } from '../../tools/generate/page.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { cells, type Cell } from '../../web/lanes.ts';
import { send } from '../client.ts';
import { listen } from '../http/listener.ts';
import { theStack } from '../stack.ts';
import { withBrowser } from './browser.ts';
import { untilLive } from './live.ts';
import { figuresOf, noteFigures, traceTasks } from './page-figures.ts';

const count = 1000;

/** How many entries a page may apply in one frame. */
const mostPerFrame = 2000;

describe('A live page with a crowd', function () {
  this.timeout(240_000);
  const itInBrowser = withBrowser();
  after(() => supervisorOver(theStack().home).stop('crowd'));

  // What depends on the machine differs from crowd to crowd.
  const crowds = process.argv.includes('--record') ? 3 : 1;
  const measured: PageFigures[] = [];
  for (let crowd = 1; crowd <= crowds; crowd++)
    itInBrowser(
      `of ${count} counts as the stack does, and draws no more elements than before`,
      async ({ open }) => {
        let tracing: Awaited<ReturnType<typeof traceTasks>> | undefined;
        const page = await open('/', { before: async (opened) => void (tracing = await traceTasks(opened)) });
        await untilLive(page);
        const before = await seenAtRest(page);
        const elementsBefore = await elementsOf(page);
        // Before it is answered, the crowd that has ended may be another one.
        const isAnswer = (response: Response) =>
          response.request().method() === 'POST' && response.url().endsWith('/crowd');
        const begun = page.waitForResponse(isAnswer);
        await page.getByRole('button', { name: `A crowd of ${count.toLocaleString('en')}` }).click();
        assert.equal((await begun).status(), 202);
        await untilAnswered(count);
        await untilCountedAlike(page, before, (come) => sum(come) >= count * 0.9);
        const mostEntriesPerFrame = Number(await page.locator('main').getAttribute('data-most-per-frame'));
        assert.ok(
          mostEntriesPerFrame > 0 && mostEntriesPerFrame <= mostPerFrame,
          `${mostEntriesPerFrame} entries in a frame`,
        );
        const elements = await elementsOf(page);
        assert.ok(elements - elementsBefore < 300, `${elements} elements, ${elementsBefore} before`);
        measured.push(await figuresOf(page, await tracing!.end(), { elements, mostEntriesPerFrame }));
        console.log(`      ${JSON.stringify(measured.at(-1))}`);
        if (crowds > 1 && measured.length === crowds) await noteFigures(page, count, measured);
      },
    );

  itInBrowser(
    'counts those that click and those that no mail reaches by what becomes of them',
    async ({ open }) => {
      const page = await open();
      await untilLive(page);
      const before = await seenAtRest(page);
      const crowd = { count: 48, perSecond: 20, intents: { click: 0.5, undeliverable: 0.25 } };
      assert.equal((await send('POST', '/crowd', { body: crowd })).status, 202);
      await untilAnswered(crowd.count);
      await untilCountedAlike(
        page,
        before,
        ({ pending, active, closed }) => pending > 0 && active > 0 && closed > 0,
      );
    },
  );
});

type Counts = Record<Cell, number>;

/** Of each style what the stack has counted, how many were notified of the latest, and what the page's table says. */
type Seen = Record<Style, { counted: Counts; notified: number; drawn: Counts }>;

/** How long the feed is still before it is believed that nothing comes any more; the stack counts anew once in that time. */
const stillMs = 1000;

/** The same once the feed is still and the page has read it: what still comes of an earlier crowd would be counted as the next one's. */
async function seenAtRest(page: Page): Promise<Seen> {
  const listener = await listen();
  let last = Number(listener.headers['last-event-id']);
  let sinceMs = Date.now();
  try {
    await until(
      'the feed to be still, and read',
      async () => {
        const told = listener.entries.at(-1)?.id ?? last;
        if (told !== last) [last, sinceMs] = [told, Date.now()];
        const read = Number(await page.locator('main').getAttribute('data-last-entry'));
        if (read >= last && Date.now() - sinceMs > stillMs) return true;
        throw new Error(`entry ${last}, read up to ${read}`);
      },
      { withinMs: 60_000 },
    );
    return await seen(page);
  } finally {
    listener.leave();
  }
}

async function seen(page: Page): Promise<Seen> {
  const [{ body }, drawn] = await Promise.all([send<StackReport>('GET', '/styles'), cellsOf(page)]);
  return forEachStyle((style) => {
    const report = body.styles.find((reported) => reported.style === style);
    const counted = noCounts();
    for (const status of statuses) counted[cellFor(status)] += report?.counts?.[status] ?? 0;
    return { counted, notified: report?.notified?.of ?? 0, drawn: drawn[style] };
  });
}

/** What a signup is drawn as by its status alone. */
function cellFor(status: SignupStatus): Cell {
  if (status === 'opening' || status === 'pending') return status;
  return status === 'activated' ? 'active' : 'closed';
}

async function cellsOf(page: Page): Promise<Record<Style, Counts>> {
  const drawn = forEachStyle(noCounts);
  await Promise.all(
    styles.map(async (style) => {
      const shown = page.locator(`[data-crowd="${style}"] [data-cell]`);
      const read = await shown.evaluateAll((elements) =>
        elements.map((element) => [element.getAttribute('data-cell'), Number(element.textContent)]),
      );
      Object.assign(drawn[style], Object.fromEntries(read));
    }),
  );
  return drawn;
}

async function untilAnswered(asked: number): Promise<void> {
  await until(
    'the crowd to be answered',
    async () => {
      const { body } = await send<CrowdState>('GET', '/crowd');
      if (body.count === asked && !body.isRunning) return true;
      throw new Error(`${body.answered} of ${body.count}`);
    },
    { withinMs: 180_000 },
  );
}

/**
 * Waits until what has come since is notified, and is on the page what it is in the stack, and enough of it. The page lists what was there
 * before it was opened as far as it shows that, so only what was added is compared.
 */
async function untilCountedAlike(
  page: Page,
  before: Seen,
  isEnough: (come: Counts) => boolean,
): Promise<void> {
  await until(
    'the page to count as the stack',
    async () => {
      const now = await seen(page);
      const all = noCounts();
      for (const style of styles) {
        const come = added(now[style].counted, before[style].counted);
        const drawn = added(now[style].drawn, before[style].drawn);
        // Who is parked, or got something twice, is drawn as that, whatever its status.
        const isAlike =
          sum(drawn) === sum(come) && cellsOfStatuses.every((cell) => drawn[cell] <= come[cell]);
        assert.ok(isAlike, `${style}: ${JSON.stringify({ come, drawn })}`);
        // Of calls all is done once they are answered, and nothing follows where the caller has left.
        if (promises(style, 'outcome-after-the-caller-left')) {
          const notified = Math.min(mostNotified, before[style].notified + come.pending);
          assert.ok(
            now[style].notified >= notified,
            `${style}: ${now[style].notified} of ${notified} notified`,
          );
        }
        for (const cell of cellsOfStatuses) all[cell] += come[cell];
      }
      assert.ok(isEnough(all), JSON.stringify(all));
      return true;
    },
    { withinMs: 60_000, everyMs: 500 },
  );
}

const cellsOfStatuses = [...new Set(statuses.map(cellFor))];

/** Of how many at most the stack says that they were notified. */
const mostNotified = 1000;

const each = (of: (cell: Cell) => number) =>
  Object.fromEntries((Object.keys(cells) as Cell[]).map((cell) => [cell, of(cell)])) as Counts;
const noCounts = () => each(() => 0);
const added = (now: Counts, before: Counts) => each((cell) => now[cell] - before[cell]);
const sum = (counts: Counts) => Object.values(counts).reduce((all, one) => all + one, 0);

const elementsOf = (page: Page) => page.locator('*').count();
