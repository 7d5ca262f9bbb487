/** The switches of the live page: what is broken is shown to everybody, in the lanes that it concerns, and heals. */
import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import { faultNames, faults, type FaultName } from '../../domain/faults.ts';
import { sendStep } from '../../domain/process.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { needsOf, traits } from '../../domain/styles.ts';
import { mailbox, send } from '../client.ts';
import { theStack } from '../stack.ts';
import { withBrowser } from './browser.ts';
import {
  brokenIn,
  drawnIn,
  healAll,
  laneOf,
  lineOf,
  startInAll,
  switchOf,
  switchOn,
  switchOnForLong,
  untilDrawn,
  untilLive,
  untilOn,
  untilWell,
  whileBroken,
} from './live.ts';

const expected = { expected: whileBroken };
const usual = faultNames.filter((name) => !faults[name].onStageOnly);
const waits = (style: Style) => traits[style].answersAfter === 'everything';

/** Whatever came of a test, the next one finds nothing broken; where the api is away, its lease brings it back. */
async function mend(): Promise<void> {
  await until(
    'all to be healed',
    async () => {
      await send('DELETE', '/faults');
      const { body } = await send<{ faults: { remainingMs: number | null }[] }>('GET', '/faults');
      return body.faults.every(({ remainingMs }) => remainingMs === null);
    },
    { withinMs: 60_000 },
  );
  for (const name of ['api', 'accounts', 'notifications', 'tracker'] as const)
    await theStack().untilReady(name);
}

/** Notes from now on what the top bar says is broken: a process may be back before somebody looks who looks now and then. */
async function readBroken(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(
    `window.brokenSeen = new Set();
     new MutationObserver(() => {
       for (const { dataset } of document.querySelectorAll('[data-broken-fault]')) brokenSeen.add(dataset.brokenFault);
     }).observe(document.body, { childList: true, subtree: true });`,
  );
  return () => page.evaluate<string[]>('[...brokenSeen]');
}

describe('A switch of the live page', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  afterEach(mend);

  for (const name of usual.filter((each) => faults[each].group !== 'kill' && each !== 'hold-api')) {
    itInBrowser(`${name}: is on, is shown, and is off again once it is pressed again`, async ({ open }) => {
      const page = await open('/', expected);
      await untilLive(page);
      await switchOn(page, name);
      await untilOn(page, name);
      await switchOf(page, name).click();
      await untilWell(page);
      await untilOn(page);
    });
  }

  for (const name of usual.filter((each) => faults[each].group === 'kill' || each === 'hold-api')) {
    itInBrowser(`${name}: is shown, and heals by itself`, async ({ open }) => {
      const page = await open('/', expected);
      await untilLive(page);
      const shown = await readBroken(page);
      await switchOf(page, name).click();
      await until('it to be shown', async () => (await shown()).includes(name));
      await untilWell(page);
      await untilLive(page);
      const signups = await startInAll(page);
      assert.equal(signups.size, styles.length);
      for (const style of styles) await untilDrawn(page, style, 'recordNotified', 'done');
    });
  }

  itInBrowser('heals by itself, one beside the other, without anybody who asks', async ({ open }) => {
    const page = await open('/', expected);
    await untilLive(page);
    const names: FaultName[] = ['mail-silent', 'sms-503', 'hold-tracker'];
    for (const name of names) await switchOn(page, name);
    await until('all to be shown', async () => {
      const areShown = await Promise.all(names.map((name) => brokenIn(page, name).isVisible()));
      return areShown.every(Boolean);
    });
    await page.close();
    await until('all to be healed', async () => {
      const { body } = await send<{ faults: { remainingMs: number | null }[] }>('GET', '/faults');
      return body.faults.every(({ remainingMs }) => remainingMs === null);
    });
  });

  itInBrowser('that needs a stage cannot be pressed, and says which command has it', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    for (const name of faultNames.filter((each) => faults[each].onStageOnly))
      assert.equal(await switchOf(page, name).getAttribute('aria-disabled'), 'true', name);
    await page.getByRole('region', { name: 'Faults' }).getByText('npm run stage').first().waitFor();
  });
});

describe('What is broken on the live page', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  afterEach(mend);

  itInBrowser(
    'is a mail server that asks to try later: callers are refused, or mails tried again',
    async ({ open }) => {
      const page = await open('/', expected);
      await untilLive(page);
      await switchOnForLong(page, 'mail-451');
      const started = await startInAll(page);
      for (const style of styles) {
        const lane = laneOf(page, style);
        if (waits(style)) await lane.locator('.answer[data-status="503"]').waitFor();
        else await untilDrawn(page, style, sendStep('email', 'welcome'), 'retrying');
        // One call after the other: it has not come to the SMS.
        if (traits[style].manner !== 'blocking')
          await untilDrawn(page, style, sendStep('sms', 'welcome'), 'done');
      }
      assert.deepEqual([...started.keys()].toSorted(), styles.filter((style) => !waits(style)).toSorted());
      await healAll(page);
      for (const style of started.keys()) await untilDrawn(page, style, 'recordNotified', 'done');
      for (const style of styles.filter(waits)) {
        await laneOf(page, style).getByRole('button', { name: 'Ask again' }).click();
        await untilDrawn(page, style, 'recordNotified', 'done');
      }
    },
  );

  for (const part of ['kafka', 'rabbitmq', 'temporal'] as const) {
    const concerned = styles.filter((style) => needsOf(style).includes(part));
    itInBrowser(`is ${part}: ${concerned.join(' and ')} wait, and no other lane`, async ({ open }) => {
      const page = await open('/', expected);
      await untilLive(page);
      await switchOnForLong(page, `hold-${part}`);
      await startInAll(page);
      const others = styles.filter((style) => !concerned.includes(style));
      for (const style of others) await untilDrawn(page, style, 'recordNotified', 'done');
      for (const style of concerned) {
        const drawn = await drawnIn(page, style);
        assert.ok(!drawn.some(({ step, kind }) => step === 'recordNotified' && kind === 'done'), style);
      }
      await healAll(page);
      for (const style of concerned.filter((each) => traits[each].mechanism === 'chain'))
        await untilDrawn(page, style, 'recordNotified', 'done');
    });
  }

  itInBrowser(
    'is an answer that was lost: the mail arrives twice, and the mailbox agrees',
    async ({ open }) => {
      const page = await open('/', expected);
      await untilLive(page);
      await switchOnForLong(page, 'mail-answer-lost');
      const started = await startInAll(page);
      const queue = styles.find((each) => traits[each].carrier === 'rabbitmq-queue')!;
      const line = lineOf(page, queue, sendStep('email', 'welcome'));
      await line.getByText(/×\d/).waitFor();
      await healAll(page);
      await untilDrawn(page, queue, 'recordNotified', 'done');
      const { email } = started.get(queue)!;
      await until('the inbox and the mailbox to agree', async () => {
        const shown = Number(await line.getAttribute('data-times'));
        const arrived = (await mailbox(email)).filter(({ purpose }) => purpose === 'welcome');
        if (arrived.length === shown) return true;
        throw new Error(`${shown} shown, ${arrived.length} arrived`);
      });
    },
  );
});
