/** Pages that are open for long, and several at once: what one breaks all see, and nothing is missed or shown twice. */
import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import { styles, type Signup } from '../../domain/signup.ts';
import { historyThat, send, startSignup, uniqueRequest, signupThat } from '../client.ts';
import { listen, type Listener } from '../http/listener.ts';
import { theStack } from '../stack.ts';
import { withBrowser } from './browser.ts';
import {
  brokenIn,
  healAll,
  startInAll,
  switchOnForLong,
  untilAsInHistory,
  untilLive,
  untilOn,
  untilWell,
  whileBroken,
} from './live.ts';
import { readAlong, type Streamed } from './streamed.ts';

/** Waits until a page was sent the feed as far as a listener was told. */
async function untilSent(streamed: Streamed, listener: Listener): Promise<number[]> {
  const last = listener.entries.at(-1)!.id;
  return until(`the page to be sent entry ${last}`, () => {
    const ids = streamed.streams().flat();
    if ((ids.at(-1) ?? 0) >= last) return ids;
    throw new Error(`${ids.length} entries up to ${ids.at(-1)}, in ${streamed.streams().length} streams`);
  });
}

/**
 * Waits until all that happens to signups by itself was told, and a page has read it: what it was sent and had not read when its stream
 * ends, it is sent again.
 */
async function untilRead(page: Page, signups: readonly Signup[]): Promise<void> {
  const listener = await listen({ after: 0 });
  try {
    for (const { id } of signups) {
      const history = await historyThat('is told to its end', id, (told) =>
        told.some(({ step, kind }) => step === 'recordNotified' && kind === 'done'),
      );
      const done = history.filter(({ kind }) => kind === 'done');
      await until(`all that is done of ${id} to be told`, () => {
        const told = listener.entries.filter(({ signupId, kind }) => signupId === id && kind === 'done');
        const missing = done.filter(({ step }) => !told.some((entry) => entry.step === step));
        if (missing.length === 0) return true;
        throw new Error(missing.map(({ step }) => step).join(', '));
      });
    }
    const last = listener.entries.at(-1)!.id;
    await until(`the page to have read entry ${last}`, async () => {
      return Number(await page.locator('main').getAttribute('data-last-entry')) >= last;
    });
  } finally {
    listener.leave();
  }
}

function assertWithoutGap(ids: readonly number[]): void {
  const [first = 0] = ids;
  assert.deepEqual(
    ids,
    ids.map((_, index) => first + index),
  );
}

describe('Two live pages', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  afterEach(() => send('DELETE', '/faults'));

  itInBrowser('see what the other one breaks, and either heals it', async ({ open }) => {
    const one = await open('/', { expected: whileBroken });
    const other = await open('/', { expected: whileBroken, scheme: 'dark' });
    for (const page of [one, other]) await untilLive(page);
    await switchOnForLong(one, 'mail-slow');
    await brokenIn(other, 'mail-slow').waitFor();
    await healAll(other);
    await untilWell(one);
    await switchOnForLong(other, 'sms-503');
    await brokenIn(one, 'sms-503').waitFor();
    await untilOn(one, 'sms-503');
    await one.keyboard.press('h');
    await untilWell(other);
  });
});

describe('A live page', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();

  itInBrowser('misses nothing and is sent nothing twice where the api is started again', async ({ open }) => {
    let streamed!: Streamed;
    const page = await open('/', {
      expected: whileBroken,
      before: async (opened) => (streamed = await readAlong(opened)),
    });
    await untilLive(page);
    const before = await startInAll(page);
    for (const signup of before.values()) await untilAsInHistory(page, signup);
    await untilRead(page, [...before.values()]);
    await theStack().kill('api');
    await theStack().untilReady('api');
    // Some of it happens before the page is back.
    const meanwhile = await Promise.all(styles.map((style) => startSignup(uniqueRequest(style))));
    await untilLive(page);
    for (const { id } of meanwhile)
      await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    const after = await startInAll(page);
    for (const signup of after.values()) await untilAsInHistory(page, signup);
    const listener = await listen({ after: 0 });
    try {
      await until('the whole feed', () =>
        listener.entries.some(({ signupId }) => signupId === after.get('orchestration')!.id),
      );
      const ids = await untilSent(streamed, listener);
      const last = ids.at(-1)!;
      await until(`the listener to be told entry ${last}`, () => listener.entries.at(-1)!.id >= last);
      assert.ok(streamed.streams().length > 1, 'the stream was cut');
      assertWithoutGap(ids);
      const fed = listener.entries.map(({ id }) => id).filter((id) => id >= ids[0]! && id <= last);
      assert.deepEqual(ids, fed);
    } finally {
      listener.leave();
    }
  });

  itInBrowser('reads nothing while nobody looks at it, and goes on where it was', async ({ open }) => {
    let streamed!: Streamed;
    const page = await open('/', { before: async (opened) => (streamed = await readAlong(opened)) });
    await untilLive(page);
    const signups = await startInAll(page);
    for (const signup of signups.values()) await untilAsInHistory(page, signup);
    await untilRead(page, [...signups.values()]);
    await hide(page, true);
    const asleep = streamed.streams().flat().length;
    const meanwhile = await Promise.all(styles.map((style) => startSignup(uniqueRequest(style))));
    for (const { id } of meanwhile)
      await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    assert.equal(streamed.streams().flat().length, asleep, 'nothing was sent to a page that nobody looks at');
    await hide(page, false);
    await untilLive(page);
    for (const signup of (await startInAll(page)).values()) await untilAsInHistory(page, signup);
    const ids = streamed.streams().flat();
    assert.ok(streamed.streams().length > 1, 'there was another stream');
    assertWithoutGap(ids);
  });

  itInBrowser('shows the same group after it was loaded again, and to another person', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const signups = await startInAll(page);
    for (const signup of signups.values()) await untilAsInHistory(page, signup);
    const group = await page.locator('main').getAttribute('data-group');
    await page.reload();
    await page.locator(`main[data-group="${group}"]`).waitFor();
    for (const signup of signups.values()) await untilAsInHistory(page, signup);
    const another = await open(page.url());
    for (const signup of signups.values()) await untilAsInHistory(another, signup);
  });
});

/** Has the page believe that nobody looks at it, or that somebody does again: a browser without a window hides none of its tabs. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
     Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${isHidden ? 'hidden' : 'visible'}' });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
}
