/** The scenes of the live page that every stack can play, and how one is left. */
import { until } from '../../adapters/waiting.ts';
import { sceneNamed, scenes } from '../../web/scenes/scenes.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { send } from '../client.ts';
import { theStack } from '../stack.ts';
import { withBrowser } from './browser.ts';
import { untilLive, untilWell, whileBroken } from './live.ts';
import { play } from './scene.ts';

describe('The scene', function () {
  this.timeout(300_000);
  const itInBrowser = withBrowser();
  afterEach(() => send('DELETE', '/faults'));
  after(async () => {
    for (const name of ['crowd', 'statistics'] as const) await supervisorOver(theStack().home).stop(name);
  });

  for (const scene of scenes.filter(({ onStageOnly }) => !onStageOnly))
    itInBrowser(`“${scene.title}” shows what it says`, (tabs) => play(scene, tabs));

  itInBrowser(
    '“The late subscriber” says that statistics was here before, and shows how it catches up',
    async (tabs) => {
      await send('PUT', '/processes/statistics');
      await until('statistics to have joined', async () => {
        const { body } = await send<{ days: unknown }>('GET', '/statistics');
        return body.days !== null;
      });
      const page = await tabs.open();
      await untilLive(page);
      const scene = sceneNamed('late-subscriber')!;
      await page.locator(`button[data-scene="${scene.name}"]`).click();
      const playing = page.locator(`section[data-scene="${scene.name}"][data-phase="ready"]`);
      await playing.getByText('Statistics was here before').waitFor();
      await playing.getByText('npm start -- --fresh').waitFor();
      const counted = page.locator('[data-lane="choreography"] [data-number="statistics"] dd');
      await until('the lane to say how many were counted', async () => {
        const shown = await counted.innerText();
        if (/^\d+ of \d+$/.test(shown)) return true;
        throw new Error(shown);
      });
      await page.close();
      await play(scene, tabs);
    },
  );

  itInBrowser('can be left in the middle, which heals what it broke', async ({ open }) => {
    const page = await open('/', { expected: whileBroken });
    await untilLive(page);
    const [scene] = scenes;
    await page.locator(`button[data-scene="${scene!.name}"]`).click();
    const playing = page.locator(`section[data-scene="${scene!.name}"]`);
    await playing.waitFor();
    await playing.and(page.locator('[data-phase="ready"]')).waitFor();
    await page.keyboard.press('Space');
    await page.locator('[data-broken]:not([data-broken="0"])').waitFor();
    await playing.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { name: 'Scenes' }).waitFor();
    await untilWell(page);
  });
});
