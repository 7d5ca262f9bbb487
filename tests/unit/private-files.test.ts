/** What is made privately, and what is closed afterwards. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeToOthers, privately } from '../../tools/platform/private-files.ts';
import { temporaryFolder } from '../platform/stage.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('Private files', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const inside = (name: string) => join(folder.path, name);
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder[Symbol.dispose]());

  it('are for their owner only, also those that a process makes which was started privately', () => {
    privately(() => writeFileSync(inside('ours'), ''));
    privately(() => spawnSync('/bin/sh', ['-c', `mkdir theirs; : > theirs/file`], { cwd: folder.path }));
    writeFileSync(inside('afterwards'), '', { mode: 0o644 });
    assert.deepEqual(['ours', 'theirs', 'theirs/file', 'afterwards'].map(inside).map(modeOf), [
      '600',
      '700',
      '600',
      '644',
    ]);
  });

  it('are what is left of a folder that was open to others, without what is not ours in it', () => {
    for (const name of ['logs', 'photos']) {
      mkdirSync(inside(name));
      writeFileSync(inside(`${name}/one`), '');
      chmodSync(inside(`${name}/one`), 0o644);
      chmodSync(inside(name), 0o755);
    }
    symlinkSync(inside('photos'), inside('logs/link'));
    closeToOthers(folder.path, /^logs$/);
    assert.equal(modeOf(folder.path), '700');
    assert.deepEqual(['logs', 'logs/one', 'photos', 'photos/one'].map(inside).map(modeOf), [
      '700',
      '600',
      '755',
      '644',
    ]);
  });

  it('are not what lies in a folder that all users share', () => {
    chmodSync(folder.path, 0o1777);
    closeToOthers(folder.path);
    assert.equal(modeOf(folder.path), '1777');
  });
});
