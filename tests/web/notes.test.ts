/** The notes of who speaks, in a second window of the browser that plays a scene: they follow it, lead it, and end with it. */
import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import { sceneNamed } from '../../web/scenes/scenes.ts';
import { assertAccessible, assertFits } from './accessible.ts';
import { sizes, withBrowser } from './browser.ts';
import { tabTo } from './keyboard.ts';
import { untilLive } from './live.ts';

/** It breaks nothing, and its first step is one signup in each lane. */
const scene = sceneNamed('week')!;
const beforeIts = -1;

/** Opens the notes beside a page. */
async function notesBeside(page: Page): Promise<Page> {
  const notes = await page.context().newPage();
  await notes.goto(new URL('/?notes', page.url()).href);
  return notes;
}

/** Begins the scene on a page, and waits until all was healed for it. */
async function begin(page: Page): Promise<void> {
  await page.locator(`button[data-scene="${scene.name}"]`).click();
  await page.locator('section[data-scene][data-phase="ready"]').waitFor();
}

/** Waits until both windows are at a step, and the notes say what the scene says. */
async function untilBothAt(page: Page, notes: Page, step: number): Promise<void> {
  await page.locator(`section[data-scene="${scene.name}"][data-shown="${step}"]`).waitFor();
  await notes.locator(`main[data-notes="${step}"]`).waitFor();
  assert.equal(await notes.getByRole('heading', { level: 1 }).innerText(), scene.title);
  const said = await notes.locator('main').innerText();
  assert.ok(said.includes(scene.steps[step]?.say ?? scene.about), said);
  assert.ok(said.includes(scene.steps[step]?.notes ?? 'Everything was healed'), said);
  assert.ok(said.includes(scene.steps[step + 1]!.say), said);
}

/** Waits until the notes say what the page says of how far a step has come. */
async function untilReady(page: Page, notes: Page): Promise<void> {
  await page.locator('section[data-scene][data-phase="ready"]').waitFor({ timeout: 60_000 });
  const status = notes.getByRole('status');
  await until('the notes to say that the step is done', async () => (await status.innerText()) === 'ready');
}

const untilNoScene = (notes: Page) => notes.getByText('No scene is played').waitFor();

describe('The notes in a second window', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();

  itInBrowser('follow a scene that begins after them, and lead it by keyboard only', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const notes = await notesBeside(page);
    assert.equal(await notes.title(), 'Duet: notes');
    await untilNoScene(notes);
    await begin(page);
    await untilBothAt(page, notes, beforeIts);
    // On the page.
    await page.keyboard.press('Space');
    await untilBothAt(page, notes, 0);
    await untilReady(page, notes);
    // In the notes: by their buttons, and by the keys of the page.
    await tabTo(notes, notes.getByRole('button', { name: /Back/ }), 5);
    await notes.keyboard.press('Enter');
    await untilBothAt(page, notes, beforeIts);
    await tabTo(notes, notes.getByRole('button', { name: /^Next/ }), 5);
    await notes.keyboard.press('Space');
    await untilBothAt(page, notes, 0);
    await notes.reload();
    await untilBothAt(page, notes, 0);
    await notes.keyboard.press('Backspace');
    await untilBothAt(page, notes, beforeIts);
    await notes.keyboard.press('Space');
    await untilBothAt(page, notes, 0);
    await tabTo(notes, notes.getByRole('button', { name: 'Leave' }), 5);
    await notes.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Scenes' }).waitFor();
    await untilNoScene(notes);
  });

  itInBrowser(
    'follow a scene that began before them, until its page is loaded again or closed',
    async ({ open }) => {
      const page = await open();
      await untilLive(page);
      await begin(page);
      const opened = page.context().waitForEvent('page');
      await page.getByRole('link', { name: 'Notes' }).click();
      const notes = await opened;
      await untilBothAt(page, notes, beforeIts);
      // A page that plays nothing has nothing to say.
      const another = await page.context().newPage();
      await another.goto(page.url());
      await untilLive(another);
      await untilBothAt(page, notes, beforeIts);
      await page.reload();
      await untilNoScene(notes);
      await begin(another);
      await untilBothAt(another, notes, beforeIts);
      await another.close({ runBeforeUnload: true });
      await untilNoScene(notes);
    },
  );

  itInBrowser('have the colours that were chosen on the page', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const notes = await notesBeside(page);
    await page.getByRole('button', { name: /^Colours: .*; change to light/ }).click();
    await page.getByRole('button', { name: /^Colours: .*; change to dark/ }).click();
    await notes.locator('html[data-theme="dark"]').waitFor();
    await notes.reload();
    await notes.locator('html[data-theme="dark"]').waitFor();
  });

  for (const scheme of ['light', 'dark'] as const) {
    itInBrowser(`can be read by everybody: ${scheme}`, async ({ open }) => {
      const page = await open('/', { scheme });
      await untilLive(page);
      const notes = await notesBeside(page);
      await untilNoScene(notes);
      await assertAccessible(notes);
      await begin(page);
      await untilBothAt(page, notes, beforeIts);
      for (const size of Object.values(sizes)) {
        await notes.setViewportSize(size);
        await assertAccessible(notes);
        await assertFits(notes);
      }
    });
  }
});
