/** The picture of the README, made of the page as it is: one signup in every lane, while the mail server asks to try later. */
import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { sendStep } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { send } from '../client.ts';
import { withBrowser } from './browser.ts';
import {
  healAll,
  startInAll,
  switchOnForLong,
  untilAsInHistory,
  untilDrawn,
  untilLive,
  whileBroken,
} from './live.ts';

describe('The picture of the live page', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  afterEach(() => send('DELETE', '/faults'));

  for (const scheme of ['light', 'dark'] as const) {
    itInBrowser(`is made in the ${scheme} scheme`, async ({ open }) => {
      const page = await open('/', { scheme, expected: whileBroken });
      await untilLive(page);
      for (const signup of (await startInAll(page)).values()) await untilAsInHistory(page, signup);
      await switchOnForLong(page, 'mail-451');
      await startInAll(page);
      for (const style of styles.filter((each) => traits[each].answersAfter === 'step 1'))
        await untilDrawn(page, style, sendStep('email', 'welcome'), 'retrying');
      const picture = await page.screenshot();
      // Width and height of a PNG stand in its first bytes.
      assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1280, 720]);
      if (process.argv.includes('--record'))
        await writeFile(new URL(`../../docs/page-${scheme}.png`, import.meta.url), picture);
      await healAll(page);
    });
  }
});
