/** The page about the live page: what it lists is what there is. */
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { keys } from '../../web/panels/help.ts';
import { scenes } from '../../web/scenes/scenes.ts';

describe('The document about the live page', () => {
  it('lists every scene, with what it needs', async () => {
    const text = await readFile('docs/live-page.md', 'utf8');
    const rows = scenes.map(
      ({ title, about, onStageOnly }) => `| ${title} | ${about} | ${onStageOnly ? '`npm run stage` ' : ''}|`,
    );
    assert.deepEqual(
      text.split('\n').filter((line) => rows.includes(line)),
      rows,
    );
  });

  it('lists every key', async () => {
    const text = await readFile('docs/live-page.md', 'utf8');
    const missing = keys.filter(([key, does]) => !text.includes(`| \`${key}\` | ${does} |`));
    assert.deepEqual(missing, []);
  });
});
