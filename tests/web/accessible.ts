/** Whether a page can be read and used by everybody, as far as a program can tell: axe's rules, and no text that is cut off. */
import { strict as assert } from 'node:assert';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Fails where axe finds something; the size of targets (WCAG 2.2) is looked at as well. */
export async function assertAccessible(page: Page): Promise<void> {
  // Not as a script of the page: its policy forbids what is inline.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] })`,
  );
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${help}\n  at ${target.join(' ')}\n  ${failureSummary}`,
    ),
  );
  if (found.length > 0) assert.fail(found.join('\n'));
}

/** Fails where a page is wider than its screen, and names what sticks out: somebody would have to scroll in two directions to read it. */
export async function assertFits(page: Page): Promise<void> {
  const outside = await page.evaluate<string[]>(
    `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth ? [] : [
       scrollWidth + ' px wide on ' + clientWidth + ' px',
       ...[...document.querySelectorAll('body *')]
         .filter((each) => each.getBoundingClientRect().right > clientWidth)
         .map((each) => each.tagName + ' ' + each.className + ' ' + each.textContent.slice(0, 20)),
     ])(document.documentElement)`,
  );
  assert.deepEqual(outside, [], 'what sticks out');
}
