/** The live page, as somebody uses it who knows what is written on it: start, look at a lane, read the inbox, switch a fault. */
import { strict as assert } from 'node:assert';
import type { Locator, Page, Response } from 'playwright-core';
import { until } from '../../adapters/waiting.ts';
import { faultDurationMs, type FaultName } from '../../domain/faults.ts';
import type { HistoryEntry } from '../../domain/history.ts';
import { styles, type Signup, type Style } from '../../domain/signup.ts';
import { getSignup, send } from '../client.ts';

/** A step as a lane draws it. */
export type Drawn = { step: string; kind: string; attempts: number };

/** The lane of a style. */
export const laneOf = (page: Page, style: Style): Locator => page.locator(`section[data-lane="${style}"]`);

/** A step in the lane of a style. */
export const stepIn = (page: Page, style: Style, step: string): Locator =>
  laneOf(page, style).locator(`[data-step="${step}"]`);

/** The switch of a fault. */
export const switchOf = (page: Page, name: FaultName): Locator =>
  page.locator(`[role="switch"][data-fault="${name}"]`);

/** The line of the inbox that shows a message of a style. */
export const lineOf = (page: Page, style: Style, step: string): Locator =>
  page.locator(`[data-style="${style}"][data-arrived="${step}"]`);

/** Waits until the page is told what happens. */
export async function untilLive(page: Page): Promise<void> {
  await page.locator('[data-stream="live"]').waitFor();
}

/**
 * Has the page start a signup in every lane, and resolves with those that were accepted once each is answered. Where nothing is broken, a
 * 503 says that the machine was slow, and one asks again.
 */
export async function startInAll(
  page: Page,
  press?: () => Promise<void>,
  lanes: number = styles.length,
): Promise<Map<Style, Signup>> {
  const signups = new Map<Style, Signup>();
  const answers = new Map<Style, number>();
  const take = async (response: Response) => {
    const request = response.request();
    if (request.method() !== 'POST' || !response.url().endsWith('/signups')) return;
    const { style } = request.postDataJSON() as Pick<Signup, 'style'>;
    const { id } = (await response.json()) as Partial<Signup>;
    if (id !== undefined) signups.set(style, await getSignup(id));
    answers.set(style, response.status());
  };
  const taken = (response: Response) => void take(response);
  page.on('response', taken);
  await (press ?? (() => page.getByRole('button', { name: /^Start in all lanes/ }).click()))();
  await until('an answer in every lane', async () => {
    if (answers.size < lanes)
      throw new Error(`${answers.size} answers, accepted: ${[...signups.keys()].join(', ')}`);
    const unanswered = [...answers.keys()].filter((style) => answers.get(style) === 503);
    const isWell = (await page.locator('[data-broken="0"]').count()) > 0;
    if (unanswered.length === 0 || !isWell) return true;
    for (const style of unanswered) {
      answers.delete(style);
      // A narrow screen does not show every lane.
      const again = laneOf(page, style).getByRole('button', { name: 'Ask again', includeHidden: true });
      await again.dispatchEvent('click');
    }
    return false;
  });
  page.off('response', taken);
  return signups;
}

/** What a lane draws, in its order. */
export function drawnIn(page: Page, style: Style): Promise<Drawn[]> {
  return laneOf(page, style)
    .locator('[data-step][data-kind]')
    .evaluateAll((elements) =>
      elements.map((element) => ({
        step: element.getAttribute('data-step') ?? '',
        kind: element.getAttribute('data-kind') ?? '',
        attempts: Number(element.getAttribute('data-attempts')),
      })),
    );
}

/** What a lane draws of a step that has not come yet. */
const kindsToCome = new Set(['expected', 'running', 'waiting']);

/** Waits until a lane draws a signup as its history says: each step once, as far as it came, and nothing else that came. */
export async function untilAsInHistory(page: Page, { id, style }: Signup): Promise<void> {
  await until(`the lane of ${style} to be as the history of ${id}`, async () => {
    const { body: history } = await send<HistoryEntry[]>('GET', `/signups/${id}/history`);
    const expected = history.filter(({ kind }) => !kindsToCome.has(kind)).map(inWords);
    const drawn = (await drawnIn(page, style)).filter(({ kind }) => !kindsToCome.has(kind)).map(inWords);
    if (expected.length > 0 && expected.toSorted().join() === drawn.toSorted().join()) return true;
    throw new Error(`drawn: ${drawn.join(', ')}; history: ${expected.join(', ')}`);
  });
}

/** What took another step back is done, too. */
const inWords = ({ step, kind, attempts }: Drawn) =>
  `${step} ${kind === 'compensation' ? 'done' : kind} ${attempts}×`;

/** Waits until a lane draws a step as wanted. */
export async function untilDrawn(page: Page, style: Style, step: string, kind: string): Promise<void> {
  await until(`${step} to be drawn as ${kind} in the lane of ${style}`, async () => {
    const drawn = await drawnIn(page, style);
    if (drawn.some((each) => each.step === step && each.kind === kind)) return true;
    throw new Error(drawn.map(inWords).join(', '));
  });
}

/** Switches a fault on, and waits until the page says that it is broken. */
export async function switchOn(page: Page, name: FaultName): Promise<void> {
  await switchOf(page, name).click();
  await brokenIn(page, name).waitFor();
}

/** Waits until these switches are on, and no other: what a page shows at first may be a second old. */
export async function untilOn(page: Page, ...names: readonly FaultName[]): Promise<void> {
  await until(`these switches to be on: ${names.join(', ') || 'none'}`, async () => {
    const on = await page
      .locator('[role="switch"][aria-checked="true"]')
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-fault')));
    if (on.toSorted().join() === names.toSorted().join()) return true;
    throw new Error(`on: ${on.join(', ')}`);
  });
}

/** Turns a switch on, and has it stay so until it is healed: what the page is then seen to do takes as long as the machine does. */
export async function switchOnForLong(page: Page, name: FaultName): Promise<void> {
  await switchOn(page, name);
  const { status } = await send('PUT', `/faults/${name}`, { body: { forMs: faultDurationMs.atMost } });
  assert.equal(status, 200);
}

/** What the top bar says of a fault while it is broken. */
export const brokenIn = (page: Page, name: FaultName): Locator =>
  page.locator(`[data-broken-fault="${name}"]`);

/** Presses *Heal all*, and waits until the page says that nothing is broken any more. */
export async function healAll(page: Page): Promise<void> {
  await page
    .getByRole('banner')
    .getByRole('button', { name: /^Heal all/ })
    .click();
  await untilWell(page);
}

/** Waits until the page says that nothing is broken. */
export async function untilWell(page: Page): Promise<void> {
  await until(
    'the page to say that nothing is broken',
    async () => {
      const bar = page.locator('[data-broken]');
      if ((await bar.getAttribute('data-broken')) === '0') return true;
      throw new Error(await bar.innerText());
    },
    { withinMs: 60_000 },
  );
}

/** What the browser says at the console while the API, or something behind it, is broken. */
export const whileBroken: readonly RegExp[] = [/^console error: Failed to load resource: /];
