/** The files of the start page are found wherever the checkout is. */
import { strict as assert } from 'node:assert';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bareParts, served } from './bare-app.ts';

describe('A checkout in a folder with a space and a percent sign in its name', () => {
  it('serves the script of the start page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'a 100% '));
    const root = fileURLToPath(new URL('../..', import.meta.url));
    try {
      for (const part of ['http', 'domain', 'web'])
        await cp(join(root, part), join(folder, part), { recursive: true });
      await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
      await cp(join(root, 'package.json'), join(folder, 'package.json'));
      const { createApp } = (await import(
        pathToFileURL(join(folder, 'http', 'app.ts')).href
      )) as typeof import('../../http/app.ts');
      const { status } = await served(createApp(bareParts), (url) => fetch(`${url}/assets/start.js`));
      assert.equal(status, 200);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
