/** Somebody without a mouse: goes from one thing that can have the focus to the next. */
import { strict as assert } from 'node:assert';
import type { Locator, Page } from 'playwright-core';

/** Presses Tab until this has the focus; fails where it never gets it, and says what did. */
export async function tabTo(page: Page, wanted: Locator, atMost = 200): Promise<void> {
  const passed: string[] = [];
  for (let pressed = 0; pressed < atMost; pressed += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element.matches(':focus'))) {
      assert.ok(
        await wanted.evaluate((element) => element.matches(':focus-visible')),
        'the focus is visible',
      );
      return;
    }
    passed.push(await page.evaluate<string>(focused));
  }
  assert.fail(`${wanted.toString()} never had the focus; it was passed by: ${passed.join(' · ')}`);
}

const focused = `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim().slice(0, 40)`;
