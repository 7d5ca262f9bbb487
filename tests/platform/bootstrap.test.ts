import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isSupported } from '../../tools/platform/fetched-node.mjs';
import { until } from '../../adapters/waiting.ts';
import { temporaryFolder } from './stage.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const locked = { 'node_modules/a-package': { version: '4.0.0', integrity: 'sha512-a' } };
const foreign = { 'node_modules/for-windows': { version: '1.0.0', integrity: 'sha512-b', optional: true } };

/** What stands for npm: it installs one package by making its folder, or a Node that is the present one, and notes that it ran. */
const npm = `
  import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
  import { dirname } from 'node:path';
  appendFileSync(import.meta.dirname + '/npm.log', process.argv.slice(2).join(' ') + '\\n');
  rmSync('node_modules', { recursive: true, force: true });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const wanted = Object.entries(packages).filter(([path, { optional }]) => path !== '' && !optional);
  for (const [path, { version, integrity }] of wanted) {
    mkdirSync(path + '/bin', { recursive: true });
    if (path === 'node_modules/a-package') continue;
    if (!integrity.startsWith('sha512-')) throw new Error('no digest');
    const shell = '#!/bin/sh\\n[ "$1" = --version ] && echo v' + version + ' || exec ${process.execPath} "$@"\\n';
    writeFileSync(path + '/bin/node', shell, { mode: 0o755 });
  }
  writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(wanted) }));`;

/** A checkout whose lock file names one package. The real npm would take half a minute and tell nothing more. */
function checkout(): {
  path: string;
  installs: () => number;
  start: (under?: string[], script?: string) => ChildProcess;
  /** As npm does. */
  startInShell: (under: string[]) => ChildProcess;
  command: (under?: string[], script?: string, environment?: NodeJS.ProcessEnv) => Promise<string>;
} & Disposable {
  const folder = temporaryFolder();
  const inside = (...names: string[]) => join(folder.path, ...names);
  mkdirSync(inside('tools/platform'), { recursive: true });
  for (const name of ['bootstrap.mjs', 'fetched-node.mjs', 'lock.mjs', 'npm.mjs', 'shield.ts'])
    cpSync(join(repository, 'tools/platform', name), inside('tools/platform', name));
  const { engines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  writeFileSync(inside('package.json'), JSON.stringify({ type: 'module', engines }));
  writeFileSync(inside('package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked, ...foreign } }));
  writeFileSync(
    inside('script.ts'),
    'const words: string[] = process.argv.slice(2); console.log(words.join("+"));',
  );
  writeFileSync(
    inside('waiting.ts'),
    `process.on('SIGINT', () => process.exit(42));
     setInterval(() => {}, 1000);
     console.log('up', process.pid);`,
  );
  writeFileSync(inside('npm-cli.js'), npm);
  // Of a Node that is too old, as far as the bootstrap can tell.
  writeFileSync(inside('old.mjs'), `Object.defineProperty(process.versions, 'node', { value: '18.20.0' });`);
  const env = { ...process.env, npm_execpath: inside('npm-cli.js'), XDG_CACHE_HOME: inside('cache') };
  const words = (under: string[], script: string) => [
    ...under,
    'tools/platform/bootstrap.mjs',
    script,
    'one',
    '--two',
  ];
  return {
    path: folder.path,
    installs() {
      try {
        return readFileSync(inside('npm.log'), 'utf8').trim().split('\n').length;
      } catch {
        return 0;
      }
    },
    start: (under = [], script = 'waiting.ts') =>
      spawn(process.execPath, words(under, script), { cwd: folder.path, env }),
    startInShell(under) {
      const program = ['-c', '"$@"; exit', 'sh', process.execPath, ...words(under, 'waiting.ts')];
      return spawn('sh', program, { cwd: folder.path, env: { ...env, npm_lifecycle_event: 'start' } });
    },
    async command(under = [], script = 'script.ts', environment = {}) {
      const { stdout } = await run(process.execPath, words(under, script), {
        cwd: folder.path,
        env: { ...env, ...environment },
      });
      return stdout.trim();
    },
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}

/** The pid of the script, once it runs. */
async function pidOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, pid] = line.split(' ');
    if (word === 'up') return Number(pid);
  }
  throw new Error('the script never ran');
}

async function untilEnded(pid: number): Promise<void> {
  await until('the script to end', () => {
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    return true;
  });
}

describe('The bootstrap', () => {
  it('reads `.env`, which says less than the environment, and nothing to tests', async () => {
    using here = checkout();
    writeFileSync(join(here.path, '.env'), 'DUET_OF_FILE="from # the file"\nPATH=nowhere\n');
    const print = 'console.log(process.env.DUET_OF_FILE, process.env.PATH === "nowhere");';
    writeFileSync(join(here.path, 'script.ts'), print);
    assert.equal(await here.command(), 'from # the file false');
    mkdirSync(join(here.path, 'tests'));
    writeFileSync(join(here.path, 'tests/script.ts'), print);
    assert.equal(await here.command([], 'tests/script.ts'), 'undefined false');
  });

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
    const newer = { 'node_modules/a-package': { version: '4.0.1', integrity: 'sha512-c' } };
    writeFileSync(join(clone.path, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...newer } }));
    await clone.command();
    assert.equal(clone.installs(), 2);
  });

  it('installs again when a package is gone', async () => {
    using clone = checkout();
    await clone.command();
    rmSync(join(clone.path, 'node_modules/a-package'), { recursive: true });
    assert.equal(await clone.command(), 'one+--two');
    assert.equal(clone.installs(), 2);
  });

  it('lets one of two commands install while the other waits', async () => {
    using clone = checkout();
    assert.deepEqual(await Promise.all([clone.command(), clone.command()]), ['one+--two', 'one+--two']);
    assert.equal(clone.installs(), 1);
  });

  it('installs once, all of it, whatever npm is told to leave out', async () => {
    using clone = checkout();
    await clone.command();
    assert.match(readFileSync(join(clone.path, 'npm.log'), 'utf8'), /--include=dev /);
  });

  it('runs the product without what is for development, and no test', async () => {
    using clone = checkout();
    await clone.command();
    const development = { 'node_modules/a-linter': { version: '1.0.0', integrity: 'sha512-d', dev: true } };
    const packages = { '': {}, ...locked, ...development };
    writeFileSync(join(clone.path, 'package-lock.json'), JSON.stringify({ packages }));
    await clone.command();
    assert.equal(clone.installs(), 1);
    mkdirSync(join(clone.path, 'tests'));
    cpSync(join(clone.path, 'script.ts'), join(clone.path, 'tests/script.ts'));
    assert.equal(await clone.command([], 'tests/script.ts'), 'one+--two');
    assert.equal(clone.installs(), 2);
  });

  it('asks npm where another package manager runs the script', async () => {
    using clone = checkout();
    const programs = join(clone.path, 'programs');
    mkdirSync(programs);
    writeFileSync(
      join(programs, 'npm'),
      `#!/bin/sh\nexec ${process.execPath} ${clone.path}/npm-cli.js "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const PATH = `${programs}:${process.env['PATH']}`;
    assert.equal(
      await clone.command([], 'script.ts', { npm_execpath: '/opt/yarn/bin/yarn.js', PATH }),
      'one+--two',
    );
    assert.equal(clone.installs(), 1);
  });

  it('installs nothing below a stack that runs', async () => {
    using clone = checkout();
    await clone.command();
    writeFileSync(
      join(clone.path, '.duet/stack.json'),
      JSON.stringify({ processes: { supervisor: { pid: process.pid } } }),
    );
    rmSync(join(clone.path, 'node_modules/a-package'), { recursive: true });
    await assert.rejects(
      clone.command([], 'script.ts', { DUET_HOME: undefined }),
      new RegExp(`incomplete \\(a-package\\).*process ${process.pid}.*stop it first`),
    );
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
});

describe('The bootstrap on a Node that Duet does not run on', () => {
  const old = ['--import', './old.mjs'];

  it('fetches one that does, once, and runs the script under it with its arguments', async () => {
    using clone = checkout();
    assert.equal(await clone.command(old), 'one+--two');
    assert.equal(await clone.command(old), 'one+--two');
    assert.equal(clone.installs(), 2, 'Node and the packages');
    assert.deepEqual(
      readdirSync(join(clone.path, 'cache/duet')).filter((name) => !/^node-[^.]*-\d+\.\d+\.\d+$/.test(name)),
      [],
    );
  });

  it('says so in those commands only that are about the machine', async () => {
    using clone = checkout();
    for (const name of ['start', 'doctor', 'env'])
      cpSync(join(clone.path, 'script.ts'), join(clone.path, `tools/platform/${name}.ts`));
    const said = async (script: string) => {
      const child = clone.start(old, script);
      const [text] = await Promise.all([readAll(child.stderr!), once(child, 'close')]);
      return /this is v\d.*going on under Node 24/.test(text);
    };
    assert.equal(await said('tools/platform/start.ts'), true);
    assert.equal(await said('tools/platform/doctor.ts'), true);
    assert.equal(await said('tools/platform/env.ts'), false);
    assert.equal(await said('script.ts'), false);
  });

  it('fetches once for two commands', async () => {
    using clone = checkout();
    await Promise.all([clone.command(old), clone.command(old)]);
    assert.equal(clone.installs(), 2, 'Node and the packages');
  });

  it('passes signals on, and ends with the exit code of the script', async () => {
    using clone = checkout();
    const child = clone.start(old);
    const ended = once(child, 'exit');
    assert.notEqual(await pidOf(child), child.pid);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [42, null]);
  });

  it('ends by the signal that ended the script', async () => {
    using clone = checkout();
    const child = clone.start(old);
    const ended = once(child, 'exit');
    process.kill(await pidOf(child), 'SIGKILL');
    assert.deepEqual(await ended, [null, 'SIGKILL']);
  });

  for (const [node, under] of [
    ['this Node', []],
    ['one that is fetched', old],
  ] as const) {
    it(`leaves no script behind when the shell of npm is ended, under ${node}`, async () => {
      using clone = checkout();
      const shell = clone.startInShell([...under]);
      const pid = await pidOf(shell);
      shell.kill('SIGTERM');
      await untilEnded(pid);
    });
  }

  it('leaves no script behind when it is killed', async () => {
    using clone = checkout();
    const child = clone.start(old);
    const pid = await pidOf(child);
    child.kill('SIGKILL');
    await untilEnded(pid);
  });

  it('knows the versions that package.json names', () => {
    const { engines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const isFine = (version: string) => isSupported(version, engines.node);
    const versions = ['22.22.0', '22.23.5', '24.6.0', '24.22.3', '26.0.0', '27.1.0'];
    assert.deepEqual(versions.filter(isFine), versions);
    assert.deepEqual(['18.20.0', '20.20.2', '22.21.9', '23.11.0', '24.5.0', '25.9.0'].filter(isFine), []);
  });
});
