/** Whether a page has lost something on a small screen: text that is cut off or lies on other text, controls that cannot be reached. */
import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';

/** Said in the page, for the functions below. */
const words = `
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest('.unseen');
  const nameOf = (each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim().slice(0, 40) || each.tagName;
  const isOver = (each) => {
    for (let at = each; at; at = at.parentElement)
      if (['sticky', 'fixed', 'absolute'].includes(getComputedStyle(at).position)) return true;
    return false;
  };
`;

/** Fails where text is cut off without a way to scroll to it, or lies on other text. */
export async function assertNothingCutOff(page: Page): Promise<void> {
  const cut = await page.evaluate<string[]>(`(() => {
    ${words}
    const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
    // A detail of a step is two lines of what its drawer tells in full.
    return [...document.querySelectorAll('body *:not(.detail)')].filter((each) => {
      if (!isSeen(each) || each.textContent.trim() === '') return false;
      const { overflowX, overflowY } = getComputedStyle(each);
      return (hides(overflowX) && each.scrollWidth > each.clientWidth + 1) ||
        (hides(overflowY) && each.scrollHeight > each.clientHeight + 1);
    }).map((each) => each.className + ': ' + nameOf(each));
  })()`);
  assert.deepEqual(cut, [], 'what is cut off');
  const overlapping = await page.evaluate<string[]>(`(() => {
    ${words}
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const lines = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (node.data.trim() === '' || !isSeen(parent) || parent.closest('option, .detail') || isOver(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) lines.push({ rect, node });
    }
    // Boxes of lines may touch, their letters then do not.
    const play = 4;
    lines.forEach(({ rect: one, node }, index) => {
      for (const { rect: other, node: another } of lines.slice(index + 1))
        if (node !== another && one.left < other.right - play && other.left < one.right - play &&
            one.top < other.bottom - play && other.top < one.bottom - play)
          found.push(node.data.trim() + ' / ' + another.data.trim());
    });
    return found;
  })()`);
  assert.deepEqual(overlapping, [], 'text on text');
}

/** What can be used within a part of a page: each can be scrolled to, and nothing then lies upon it. Fails otherwise, or where there is none. */
export async function assertReachable(page: Page, within = 'body'): Promise<void> {
  const { count, lost } = await page.evaluate<{ count: number; lost: string[] }>(`(() => {
    ${words}
    const controls = [...document.querySelectorAll('${within} :is(a[href], button, input, select, summary)')].filter(isSeen);
    const lost = controls.filter((each) => {
      each.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { left, right, top, bottom } = each.getBoundingClientRect();
      if (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight) return true;
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return !(each.contains(hit) || hit?.contains(each));
    });
    scrollTo(0, 0);
    return { count: controls.length, lost: lost.map(nameOf) };
  })()`);
  assert.ok(count > 0, 'there is something to use');
  assert.deepEqual(lost, [], 'what cannot be reached');
}

/** Goes through a page by keyboard, forth and back; fails where what has the focus is not on the screen, or hidden by something else. */
export async function assertFocusSeen(page: Page): Promise<void> {
  const hidden: string[] = [];
  // From its beginning.
  await page.getByRole('heading', { level: 1 }).click();
  let passed = 0;
  const press = async (key: string) => {
    await page.keyboard.press(key);
    const unseen = await page.evaluate<string | null>(unseenOfFocus);
    if (unseen) hidden.push(`${key}: ${unseen}`);
    return unseen !== null;
  };
  while (await press('Tab')) assert.ok((passed += 1) < 200, 'the focus leaves the page');
  assert.ok(passed > 0, 'something has the focus');
  for (let left = passed; left > 0; left -= 1) await press('Shift+Tab');
  assert.deepEqual(hidden, [], 'what has the focus unseen');
}

/** The name of what has the focus unseen, empty where it is seen; null where nothing has it. */
const unseenOfFocus = `(() => {
  ${words}
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
  const hit = document.elementFromPoint(x, y);
  return hit && (focused.contains(hit) || hit.contains(focused)) ? '' : nameOf(focused);
})()`;
