/** The live page where something is not as usual: no Kafka, a caller who is no operator, time that is moved on. */
import { strict as assert } from 'node:assert';
import { sendStep } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { needsOf } from '../../domain/styles.ts';
import { specOf, type AddedProcess } from '../../tools/platform/our-processes.ts';
import { signupThat } from '../client.ts';
import { theStack } from '../stack.ts';
import { assertAccessible } from './accessible.ts';
import { withBrowser } from './browser.ts';
import { laneOf, lineOf, startInAll, stepIn, untilAsInHistory, untilDrawn, untilLive } from './live.ts';

const token = 'a-token-of-the-operator-of-this-very-test';

describe('The live page without a Kafka', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();
  const missing = styles.filter((style) => needsOf(style).includes('kafka'));

  let api: AddedProcess;
  before(async () => {
    const { KAFKA_BROKERS: _, ...environment } = theStack().environmentOf('api');
    const { KAFKA_BROKERS: __, ...surrounding } = process.env;
    api = await theStack().addBeside(
      specOf('api', await theStack().freePort(8180), environment, surrounding),
    );
  });
  after(() => api?.stop());

  itInBrowser('says of each lane over Kafka what is missing, and starts all others', async ({ open }) => {
    const page = await open(api.url);
    await untilLive(page);
    for (const style of missing)
      await laneOf(page, style)
        .getByText(/KAFKA_BROKERS/)
        .first()
        .waitFor();
    await assertAccessible(page);
    await startInAll(page, undefined, styles.length - missing.length);
    for (const style of styles.filter((each) => !missing.includes(each)))
      await untilDrawn(page, style, 'recordNotified', 'done');
  });
});

describe('The live page of another machine', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();

  let api: AddedProcess;
  before(async () => {
    const environment = { ...theStack().environmentOf('api'), OPERATOR_TOKEN: token };
    api = await theStack().addBeside(
      specOf('api', await theStack().freePort(8180), environment, process.env),
    );
  });
  after(() => api?.stop());

  itInBrowser('asks for the token, bears it, and keeps no cookie', async ({ open }) => {
    const page = await open(`${api.url}/live`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
      expected: [/status of 403/],
    });
    // What there was before is listed late: who has started something meanwhile goes on looking at that.
    let isStarted = () => {};
    const started = new Promise<void>((resolve) => (isStarted = resolve));
    const lists = /\/signups\?limit=/;
    await page.route(lists, (route) => started.then(() => route.continue()));
    await page.getByLabel(/token/i).fill(token);
    await page.keyboard.press('Enter');
    await untilLive(page);
    const signups = await startInAll(page);
    const listed = page.waitForResponse(lists);
    isStarted();
    await (await listed).finished();
    for (const signup of signups.values()) await untilAsInHistory(page, signup);
    assert.deepEqual(await page.context().cookies(), []);
  });

  itInBrowser('is the start page for everybody else', async ({ open }) => {
    const page = await open(api.url, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    await page.getByRole('heading', { name: 'Sign up' }).waitFor();
  });
});

describe('Time on the live page', function () {
  this.timeout(180_000);
  const itInBrowser = withBrowser();

  itInBrowser('passes for all signups of a group, and for no other', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const others = await startInAll(page);
    const group = await startInAll(page);
    for (const signup of group.values()) await untilAsInHistory(page, signup);
    for (const [by, purpose] of [
      ['+24 h', 'reminder-1'],
      ['+72 h', 'reminder-2'],
    ] as const) {
      await page.getByRole('button', { name: by }).click();
      for (const style of styles) {
        await untilDrawn(page, style, sendStep('email', purpose), 'done');
        await lineOf(page, style, sendStep('email', purpose)).waitFor();
      }
    }
    await page.getByRole('button', { name: '+7 d' }).click();
    for (const { id, style } of group.values()) {
      await signupThat('is expired', id, ({ status }) => status === 'expired');
      await untilDrawn(page, style, 'closeAccount expired', 'done');
    }
    for (const { id } of others.values()) await signupThat('waits', id, ({ status }) => status === 'pending');
  });

  itInBrowser('passes for one signup alone, in the drawer of any of its steps', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const group = await startInAll(page);
    for (const signup of group.values()) await untilAsInHistory(page, signup);
    const [first, ...others] = styles;
    await stepIn(page, first, 'openAccount').getByRole('button').first().click();
    const itsTime = page.getByRole('dialog').getByRole('group', { name: 'Time of this signup' });
    await itsTime.getByRole('button', { name: '+24 h' }).click();
    await untilDrawn(page, first, sendStep('email', 'reminder-1'), 'done');
    for (const style of others)
      await signupThat('has had no reminder', group.get(style)!.id, ({ reminders }) => reminders === 0);
  });
});
