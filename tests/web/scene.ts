/** A scene of the live page, played to its end at the pace of somebody who says nothing: what it says is what it shows, or it complains. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import type { Scene } from '../../web/scenes/scene.ts';
import type { Tabs } from './browser.ts';
import { untilLive, whileBroken } from './live.ts';

/** Plays a scene by its buttons, and fails at its first complaint. */
export async function play(scene: Scene, { open }: Tabs): Promise<void> {
  const page = await open('/', { expected: whileBroken });
  await untilLive(page);
  await page.locator(`button[data-scene="${scene.name}"]`).click();
  const playing = page.locator(`section[data-scene="${scene.name}"]`);
  for (const index of [-1, ...scene.steps.keys()]) {
    if (index >= 0) await playing.getByRole('button', { name: /^Next/ }).click();
    const patienceMs = (scene.steps[index]?.until?.withinMs ?? 0) + 30_000;
    await until(
      `step ${index + 1} of “${scene.title}”`,
      async () => {
        const [shown, phase] = await Promise.all([
          playing.getAttribute('data-shown'),
          playing.getAttribute('data-phase'),
        ]);
        if (phase === 'failed') return 'failed';
        if (shown === String(index) && phase === 'ready') return 'ready';
        throw new Error(await playing.innerText());
      },
      { withinMs: patienceMs },
    );
    if (scene.hasCounts) await page.locator('.lane [data-number="statistics"]').first().waitFor();
    assert.equal(await playing.locator('[data-complaint]').count(), 0, await playing.innerText());
  }
  await playing.getByRole('button', { name: 'End the scene' }).click();
  await page.getByRole('heading', { name: 'Scenes' }).waitFor();
  assert.equal(await page.locator('[data-number="statistics"]').count(), 0);
}
