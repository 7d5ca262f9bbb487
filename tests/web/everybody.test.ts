/** The live page for everybody: in both schemes at each size, by keyboard only, without movement, with any name. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import { sendStep } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { arrival, postUntilAnswered, send, signupThat, uniqueRequest } from '../client.ts';
import { assertAccessible, assertFits } from './accessible.ts';
import { sizes, withBrowser, type Size } from './browser.ts';
import { tabTo } from './keyboard.ts';
import {
  brokenIn,
  laneOf,
  lineOf,
  startInAll,
  switchOf,
  untilAsInHistory,
  untilLive,
  untilWell,
} from './live.ts';

const welcome = sendStep('email', 'welcome');

describe('The live page, for everybody,', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();

  for (const size of Object.keys(sizes) as Size[]) {
    for (const scheme of ['light', 'dark'] as const) {
      itInBrowser(`can be read and used: ${size}, ${scheme}`, async ({ open }) => {
        const page = await open('/', { size, scheme });
        await untilLive(page);
        await assertAccessible(page);
        await assertFits(page);
        await send('PUT', '/faults/sms-503', { body: { forMs: 2000 } });
        const signups = await startInAll(page);
        for (const id of signups.values()) await untilAsInHistory(page, id);
        await untilWell(page);
        await assertAccessible(page);
        await assertFits(page);
        // Whatever lane a narrow screen shows.
        await page.locator(`[data-step="${welcome}"] button:visible`).first().click();
        await page.getByRole('dialog').getByRole('heading', { name: 'The lines of code' }).waitFor();
        await assertAccessible(page);
        await assertFits(page);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        await assertAccessible(page);
      });
    }
  }

  itInBrowser(
    'goes by keyboard only: start, select a step and open it, click, break, heal',
    async ({ open }) => {
      const page = await open();
      await untilLive(page);
      const signups = await startInAll(page, async () => {
        await tabTo(page, page.getByRole('button', { name: /^Start in all lanes/ }));
        await page.keyboard.press('Enter');
      });
      const { id } = signups.get('choreography')!;
      await untilAsInHistory(page, signups.get('choreography')!);
      await tabTo(page, laneOf(page, 'choreography').locator(`[data-step="${welcome}"]`).getByRole('button'));
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await tabTo(
        page,
        lineOf(page, 'choreography', welcome).getByRole('button', { name: /^Confirm address/ }),
      );
      await page.keyboard.press('Enter');
      await signupThat('is activated', id, ({ status }) => status === 'activated');
      await tabTo(page, switchOf(page, 'sms-503'));
      await page.keyboard.press('Space');
      await brokenIn(page, 'sms-503').waitFor();
      await page.keyboard.press('h');
      await untilWell(page);
    },
  );

  itInBrowser(
    'takes letters as keys only while no field has the focus, and not where they are off',
    async ({ open }) => {
      const page = await open();
      await untilLive(page);
      await page.getByRole('textbox', { name: 'E-mail' }).fill('');
      await page.keyboard.type('hps?1@example.com');
      assert.equal(await page.getByRole('textbox', { name: 'E-mail' }).inputValue(), 'hps?1@example.com');
      assert.equal(await page.getByRole('dialog').count(), 0);
      await page.getByRole('button', { name: 'Keys' }).click();
      await page.getByRole('checkbox', { name: /keys/ }).uncheck();
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      await page.keyboard.press('p');
      assert.equal(await page.getByRole('dialog').count(), 0);
      assert.equal(await page.getByRole('button', { name: /Pause/ }).getAttribute('aria-pressed'), 'false');
    },
  );

  itInBrowser('moves nothing while it is paused', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    await startInAll(page);
    // What a caller is answered is drawn though the page is paused.
    for (const style of styles) await laneOf(page, style).locator('.answer[data-status]').waitFor();
    await page.keyboard.press('p');
    await page.locator('main[data-stream="paused"]').waitFor();
    const before = await page.locator('.lanes').innerText();
    // Longer than any clock of the page waits.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 1500))');
    assert.equal(await page.locator('.lanes').innerText(), before);
    await page.keyboard.press('p');
    await untilLive(page);
  });

  itInBrowser('runs no transition and no animation where movement is not wanted', async ({ open }) => {
    const page = await open('/', { hasReducedMotion: true });
    await untilLive(page);
    await startInAll(page);
    assert.equal(await page.evaluate<number>('document.getAnimations().length'), 0);
  });

  for (const [what, name] of [
    ['of a hundred characters', 'A'.repeat(100)],
    ['from right to left', 'עדה לאבלייס'],
  ] as const) {
    itInBrowser(`shows a name ${what} as what was typed`, async ({ open }) => {
      const group = `t-${randomUUID()}`;
      const requests = styles.map((style) => ({ ...uniqueRequest(style), name, group }));
      await Promise.all(requests.map((request) => postUntilAnswered(request)));
      for (const { email } of requests) await arrival(email, 'welcome');
      const page = await open(`/#group=${group}`);
      await untilLive(page);
      for (const style of styles) {
        const line = lineOf(page, style, welcome);
        await line.locator('summary').click();
        await until('the mail with the name', async () => (await line.innerText()).includes(name));
      }
      await assertFits(page);
      await assertAccessible(page);
    });
  }

  itInBrowser('shows markup that was typed, and what is answered to it, as text', async ({ open }) => {
    const typed = '<b class="typed">ada</b>@example.com';
    const page = await open('/', { expected: [/status of 400/] });
    await untilLive(page);
    await page.getByRole('textbox', { name: 'E-mail' }).fill(typed);
    // A button would leave it to the browser to refuse what is no address.
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('s');
    for (const style of styles) await laneOf(page, style).locator('.answer[data-status="400"]').waitFor();
    assert.equal(await page.locator('.typed').count(), 0);
  });
});
