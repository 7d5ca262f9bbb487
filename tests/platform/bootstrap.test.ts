import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from './stage.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const locked = { 'node_modules/tsx': { version: '4.0.0', integrity: 'sha512-a' } };
const foreign = { 'node_modules/for-windows': { version: '1.0.0', integrity: 'sha512-b', optional: true } };

/**
 * A checkout whose lock file names one package, and an npm that installs it by linking and notes that it ran. The real npm
 * would take half a minute and tell nothing more.
 */
function checkout(): { path: string; installs: () => number; command: () => Promise<string> } & Disposable {
  const folder = temporaryFolder();
  const inside = (...names: string[]) => join(folder.path, ...names);
  mkdirSync(inside('platform'));
  cpSync(join(repository, 'platform/bootstrap.mjs'), inside('platform/bootstrap.mjs'));
  writeFileSync(inside('package.json'), '{"type":"module"}');
  writeFileSync(inside('package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked, ...foreign } }));
  writeFileSync(
    inside('script.ts'),
    'const words: string[] = process.argv.slice(2); console.log(words.join("+"));',
  );
  writeFileSync(
    inside('npm.js'),
    `import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
     appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
     rmSync('node_modules', { recursive: true, force: true });
     mkdirSync('node_modules');
     await new Promise((resolve) => setTimeout(resolve, 300));
     symlinkSync(${JSON.stringify(join(repository, 'node_modules/tsx'))}, 'node_modules/tsx');
     const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
     const { 'node_modules/tsx': tsx } = packages;
     writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/tsx': tsx } }));`,
  );
  return {
    path: folder.path,
    installs() {
      try {
        return readFileSync(inside('npm.log'), 'utf8').trim().split('\n').length;
      } catch {
        return 0;
      }
    },
    async command() {
      const { stdout } = await run(
        process.execPath,
        ['platform/bootstrap.mjs', 'script.ts', 'one', '--two'],
        {
          cwd: folder.path,
          env: { ...process.env, npm_execpath: inside('npm.js') },
        },
      );
      return stdout.trim();
    },
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}

describe('The bootstrap', () => {
  it('installs the packages of a fresh clone, then runs the script with its arguments', async () => {
    using clone = checkout();
    assert.equal(await clone.command(), 'one+--two');
    assert.match(readFileSync(join(clone.path, 'npm.log'), 'utf8'), /^ci /);
  });

  it('installs nothing when the packages are those of the lock file', async () => {
    using clone = checkout();
    await clone.command();
    await clone.command();
    assert.equal(clone.installs(), 1);
  });

  it('installs again when the lock file names another version', async () => {
    using clone = checkout();
    await clone.command();
    const newer = { 'node_modules/tsx': { version: '4.0.1', integrity: 'sha512-c' } };
    writeFileSync(join(clone.path, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...newer } }));
    await clone.command();
    assert.equal(clone.installs(), 2);
  });

  it('installs again when a package is gone', async () => {
    using clone = checkout();
    await clone.command();
    rmSync(join(clone.path, 'node_modules/tsx'));
    assert.equal(await clone.command(), 'one+--two');
    assert.equal(clone.installs(), 2);
  });

  it('lets one of two commands install while the other waits', async () => {
    using clone = checkout();
    assert.deepEqual(await Promise.all([clone.command(), clone.command()]), ['one+--two', 'one+--two']);
    assert.equal(clone.installs(), 1);
  });

  it('takes over from an install that was killed', async () => {
    using clone = checkout();
    mkdirSync(join(clone.path, '.duet'));
    const { stdout } = await run(process.execPath, ['-p', 'process.pid']);
    writeFileSync(join(clone.path, '.duet/lock-install'), stdout.trim());
    await clone.command();
    assert.equal(clone.installs(), 1);
  });

  it('names the needed version on an older Node', async () => {
    using clone = checkout();
    const old = join(clone.path, 'old.mjs');
    writeFileSync(old, `Object.defineProperty(process.versions, 'node', { value: '18.20.0' });`);
    const running = run(process.execPath, ['--import', old, 'platform/bootstrap.mjs', 'script.ts'], {
      cwd: clone.path,
    });
    await assert.rejects(running, /Duet needs Node 20\.19 or newer, this is 18\.20\.0/);
  });
});
