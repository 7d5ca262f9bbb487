/** Which browser is driven, and what is said where there is none. */
import { strict as assert } from 'node:assert';
import { dirname } from 'node:path';
import { chromiumPath } from '../web/chromium.ts';

describe('The browser of the tests', () => {
  it('is the program that CHROMIUM names', async () => {
    assert.equal(await chromiumPath({ CHROMIUM: process.execPath }), process.execPath);
  });

  it('is missing where CHROMIUM names none, which the message quotes', async () => {
    await assert.rejects(
      chromiumPath({ CHROMIUM: '/nowhere/chromium' }),
      /CHROMIUM is `\/nowhere\/chromium`/,
    );
  });

  it('is missing where the PATH has none, and the message says what to install and what to set', async () => {
    const PATH = dirname(import.meta.filename);
    await assert.rejects(chromiumPath({ PATH }), /apt-get install chromium .*Set CHROMIUM/);
  });
});
