/** The scenes that need what only a stage can break: a crash at a line, and what nobody can read. */
import { scenes } from '../../web/scenes/scenes.ts';
import { prepareStage } from '../../tools/lab/live-stack.ts';
import { onOwnStack } from '../own-stack.ts';
import { send } from '../client.ts';
import { withBrowser } from './browser.ts';
import { play } from './scene.ts';

describe('On a stage, the scene', function () {
  this.timeout(300_000);
  onOwnStack({ prepare: (environment) => prepareStage(environment, () => {}) });
  const itInBrowser = withBrowser();
  afterEach(() => send('DELETE', '/faults'));

  for (const scene of scenes.filter(({ onStageOnly }) => onStageOnly))
    itInBrowser(`“${scene.title}” shows what it says`, (tabs) => play(scene, tabs));
});
