/** The live page where little of it is on the screen: enlarged to 200 %, and 320 px wide. Nothing of it is lost (WCAG 1.4.4, 1.4.10, 2.4.11). */
import { strict as assert } from 'node:assert';
import type { Locator, Page } from 'playwright-core';
import { send } from '../client.ts';
import { assertAccessible, assertFits } from './accessible.ts';
import { withBrowser } from './browser.ts';
import { brokenIn, healAll, startInAll, untilAsInHistory, untilLive } from './live.ts';
import { assertFocusSeen, assertNothingCutOff, assertReachable } from './reachable.ts';

/** Fails where something is not on the screen without scrolling. */
async function assertOnScreen(page: Page, wanted: Locator): Promise<void> {
  const box = await wanted.boundingBox();
  const { width, height } = page.viewportSize()!;
  assert.ok(
    box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height,
    `${wanted.toString()} is at ${JSON.stringify(box)}`,
  );
}

async function assertWhole(page: Page): Promise<void> {
  await assertFits(page);
  await assertNothingCutOff(page);
  await assertReachable(page);
}

describe('The live page, on a screen that shows little of it,', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  afterEach(() => send('DELETE', '/faults'));

  for (const [size, scheme] of [
    ['zoomed', 'dark'],
    ['narrow', 'light'],
  ] as const) {
    itInBrowser(`loses nothing: ${size}`, async ({ open }) => {
      const page = await open('/', { size, scheme });
      await untilLive(page);
      const start = page.getByRole('button', { name: /^Start in all lanes/ });
      const heal = page.getByRole('banner').getByRole('button', { name: /^Heal all/ });
      for (const each of [start, heal]) await assertOnScreen(page, each);
      for (const signup of (await startInAll(page)).values()) await untilAsInHistory(page, signup);
      // What is said of two faults is the longest that the top bar has.
      for (const name of ['mail-slow', 'sms-silent'] as const) {
        await send('PUT', `/faults/${name}`, { body: { forMs: 60_000 } });
        await brokenIn(page, name).waitFor();
      }
      await page.evaluate('scrollTo(0, 0)');
      for (const each of [start, heal]) await assertOnScreen(page, each);
      for (const panel of ['Numbers', 'Faults', 'Inbox']) {
        await page.getByRole('group', { name: 'Panel' }).getByRole('button', { name: panel }).click();
        await assertWhole(page);
      }
      await healAll(page);
      await assertFocusSeen(page);

      await page.getByText('Lanes', { exact: true }).click();
      await assertReachable(page, '.lane-choice');
      await page.getByText('Lanes', { exact: true }).click();
      await page.locator('[data-step] button:visible').first().click();
      await page.getByRole('dialog').getByRole('heading', { name: 'The lines of code' }).waitFor();
      await assertReachable(page, '[role="dialog"]');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await assertReachable(page, '[role="dialog"]');
      if (size === 'zoomed') await assertAccessible(page);
      await page.keyboard.press('Escape');

      await page.locator('button[data-scene="week"]').click();
      await page.locator('section[data-scene="week"][data-phase="ready"]').waitFor();
      await assertWhole(page);
      await assertFocusSeen(page);
      await page.getByRole('button', { name: 'Leave' }).click();
      await page.getByRole('heading', { name: 'Scenes' }).waitFor();
    });
  }
});
