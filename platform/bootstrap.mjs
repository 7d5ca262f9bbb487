/**
 * `node platform/bootstrap.mjs <script.ts> [arguments]`: runs a TypeScript file of the checkout, whatever state the checkout is
 * in. Checks the version of Node, installs the npm packages where they are missing or not those of the lock file, then runs
 * the script in this very process. Node's built-ins only: it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const oldestNode = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
const [script, ...rest] = process.argv.slice(2);

const fail = (message, code = 1) => {
  console.error(message);
  process.exit(code);
};

if (script === undefined) fail('Usage: node platform/bootstrap.mjs <script.ts> [arguments]', 2);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  fail(
    `Duet needs Node ${oldestNode.join('.')} or newer, this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org, or with nvm: `nvm install 22 && nvm use 22`.',
  );
}

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
};

/** What is wrong with `node_modules`, in words; `undefined` when it is what the lock file says. */
function whatIsStale() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  // npm notes here what it has really installed.
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (Object.keys(installed).length === 0) return 'missing';
  for (const [path, { version, integrity, optional, peer, link }] of Object.entries(wanted)) {
    if (path === '' || link) continue;
    const found = installed[path];
    // Packages for other systems are in the lock file and not here.
    if (found === undefined && (optional || peer)) continue;
    if (found?.version !== version || found?.integrity !== integrity)
      return `out of date (${path.slice(13)})`;
    if (!path.includes('node_modules/', 13) && !existsSync(join(root, path)))
      return `incomplete (${path.slice(13)})`;
  }
  return undefined;
}

/** Two commands in one fresh checkout must not both run `npm ci`, which begins by deleting everything. */
function withLock(work) {
  const folder = join(root, '.duet');
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'lock-install');
  const mine = `${lock}.${randomUUID()}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let told = false; ; told = true) {
      try {
        linkSync(mine, lock);
        break;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (!isHeld(lock)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!told) console.error('Another command is installing the npm packages, waiting for it …');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    }
    work();
  } finally {
    rmSync(mine, { force: true });
    try {
      if (readFileSync(lock, 'utf8') === String(process.pid)) rmSync(lock);
    } catch {
      // Not ours.
    }
  }
}

function isHeld(lock) {
  try {
    const aged = Date.now() - statSync(lock).mtimeMs > 15 * 60_000;
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return !aged;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function install() {
  const reason = whatIsStale();
  if (reason === undefined) return;
  console.error(`The npm packages are ${reason}: installing them (npm ci) …`);
  const began = Date.now();
  const { npm_execpath: cli } = process.env;
  const command = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  const { status, error } = spawnSync(
    command[0],
    [...command.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32' && command[0] === 'npm',
    },
  );
  if (status !== 0) {
    const why = error === undefined ? `exit code ${status}` : error.message;
    fail(`\`npm ci\` failed (${why}). Run it by hand in ${root} to see more.`);
  }
  console.error(`The npm packages are installed (${Math.round((Date.now() - began) / 1000)} s).`);
}

if (whatIsStale() !== undefined) withLock(install);

// Only now: it is one of the packages.
const { register } = await import('tsx/esm/api');
register();
const file = resolve(root, script);
process.argv = [process.argv[0], file, ...rest];
await import(pathToFileURL(file).href);
