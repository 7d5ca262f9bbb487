/**
 * Tests in a browser: one Chromium for the tests of a `describe`, and a context of its own for each page that a test opens. Every
 * context is watched (`watched.ts`), and what it must not do fails the test that did it. What a failed test saw last is kept as pictures.
 */
import { strict as assert } from 'node:assert';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { repository } from '../../tools/platform/folders.ts';
import { theStack } from '../stack.ts';
import { chromiumPath } from './chromium.ts';
import { watch, type Complaints } from './watched.ts';

/** Screens to look at a page with. */
export const sizes = {
  projector: { width: 1280, height: 720 },
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
} as const;
export type Size = keyof typeof sizes;

/** What is left of a projector for who has the browser enlarge everything to 200 %. */
const zoomed = { width: 640, height: 360 } as const;

/** How somebody looks at a page. */
export type Look = {
  size?: Size | 'zoomed';
  scheme?: 'light' | 'dark';
  hasReducedMotion?: boolean;
  headers?: Record<string, string>;
  /** What may be said at the console because of what the test breaks; see `watch`. */
  expected?: readonly RegExp[];
  /** Is called with the page before it goes anywhere. */
  before?: (page: Page) => Promise<unknown>;
};

/** What a test in a browser is given. */
export type Tabs = {
  /** Opens a page of the stack's api, or any address, as somebody who has no other page open. */
  open: (url?: string, look?: Look) => Promise<Page>;
};

const pictures = join(repository, 'build', 'web');

/** Gives an `it` for a `describe` whose tests are played in a browser. */
export function withBrowser(): (title: string, test: (tabs: Tabs) => Promise<void>) => Mocha.Test {
  let browser: Browser | undefined;
  before(async () => {
    browser = await chromium.launch({
      executablePath: await chromiumPath(),
      // What is asked of another origin is a failure, and goes nowhere.
      args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  });
  after(() => browser?.close());

  return (title, test) =>
    it(title, async function () {
      const opened: { context: BrowserContext; complaints: Complaints }[] = [];
      const complaints = () => opened.flatMap((each) => each.complaints);
      try {
        await test({
          async open(path = '/', look = {}) {
            const url = new URL(path, theStack().urls.api).href;
            const context = await contextFor(browser!, look);
            opened.push({ context, complaints: await watch(context, url, look.expected ?? []) });
            const page = await context.newPage();
            await look.before?.(page);
            await page.goto(url);
            return page;
          },
        });
        assert.deepEqual(complaints(), [], 'what a page must not do');
      } catch (error) {
        await keepPictures(
          this.test!.fullTitle(),
          opened.map(({ context }) => context),
        );
        if (complaints().length > 0) console.log(`      ${complaints().join('\n      ')}`);
        throw error;
      } finally {
        await Promise.all(opened.map(({ context }) => context.close()));
      }
    });
}

async function contextFor(
  browser: Browser,
  { size = 'projector', scheme = 'light', hasReducedMotion = false, headers = {} }: Look,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: size === 'zoomed' ? zoomed : sizes[size],
    deviceScaleFactor: size === 'zoomed' ? 2 : 1,
    colorScheme: scheme,
    reducedMotion: hasReducedMotion ? 'reduce' : 'no-preference',
    extraHTTPHeaders: headers,
  });
  context.setDefaultTimeout(30_000);
  return context;
}

/** Keeps what all tabs of a test show, and prints where. */
async function keepPictures(title: string, contexts: readonly BrowserContext[]): Promise<void> {
  await mkdir(pictures, { recursive: true });
  const name = title
    .replaceAll(/[^\w]+/g, '-')
    .toLowerCase()
    .slice(0, 120);
  for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
    const path = join(pictures, `${name}-${index + 1}.png`);
    // A page that has crashed shows nothing; the error of the test is the one to read.
    await page.screenshot({ path, timeout: 5000 }).then(
      () => console.log(`      seen: ${path}`),
      () => {},
    );
  }
}
