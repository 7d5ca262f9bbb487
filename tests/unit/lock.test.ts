/** The locks between processes: who holds one, and what is said while it is waited for. */
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import { holderOf, tryLock, withLock } from '../../tools/platform/lock.mjs';
import { temporaryFolder } from '../platform/stage.ts';

describe('A lock', () => {
  it('names its holder while that lives, and is free afterwards', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'lock');
    assert.equal(holderOf(file), undefined);
    const lock = tryLock(file);
    assert.ok('release' in lock);
    assert.equal(holderOf(file), process.pid);
    lock.release();
    assert.equal(holderOf(file), undefined);
    writeFileSync(file, `${process.pid} another-start of-this-pid`);
    assert.equal(holderOf(file), undefined);
  });

  it('that is waited for says again and again that it is, for how long, and who holds it', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'lock');
    const lock = tryLock(file);
    assert.ok('release' in lock);
    const said: string[] = [];
    const waiting = (holder: number, soFar: string) => void said.push(`${holder}${soFar}`);
    const done = withLock(file, waiting, async () => 'done', undefined, 500);
    await until('three lines', () => said.length >= 3, { withinMs: 10_000 });
    lock.release();
    assert.equal(await done, 'done');
    assert.equal(said[0], `${process.pid} …`);
    for (const line of said.slice(1)) assert.match(line, /^\d+ … \d+ s$/);
  }).timeout(15_000);
});
