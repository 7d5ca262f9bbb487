/**
 * `node tools/platform/bootstrap.mjs <script.ts> [arguments]`: runs a TypeScript file of the checkout, whatever state the checkout is
 * in. Reads `.env`, goes on under a Node from npm where this one does not serve, installs the npm packages where they are missing or not those of
 * the lock file, then runs the script in this very process. Node's built-ins only: it runs before anything is installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endWithStarter, goOnUnderFetchedNode, isSupported } from './fetched-node.mjs';
import { withLock } from './lock.mjs';
import { installLocked } from './npm.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [script, ...rest] = process.argv.slice(2);
const fail = (message, code) => {
  console.error(message);
  process.exit(code);
};
if (script === undefined) fail('Usage: node tools/platform/bootstrap.mjs <script.ts> [arguments]', 2);

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
};

// Who has left out what is for development runs the product without it; the tests cannot.
const needsAll = /^(?:\.\/)?(?:tests|tools\/generate)\//.test(script);

/** The commands that say under which Node they go on; of the others that is no part of what was asked. */
const tellsOfNode = /^(?:\.\/)?tools\/(?:platform\/(?:start|doctor)|lab\/live)\.ts$/;

/** What is wrong with `node_modules`, in words; `undefined` when it is what the lock file says. */
function whatIsStale() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  // npm notes here what it has really installed.
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (Object.keys(installed).length === 0) return 'missing';
  for (const [path, { version, integrity, dev, optional, peer, link }] of Object.entries(wanted)) {
    if (path === '' || link) continue;
    const found = installed[path];
    // Packages for other systems are in the lock file and not here.
    if (found === undefined && (optional || peer || (dev && !needsAll))) continue;
    if (found?.version !== version || found?.integrity !== integrity)
      return `out of date (${path.slice(13)})`;
    if (!path.includes('node_modules/', 13) && !existsSync(join(root, path)))
      return `incomplete (${path.slice(13)})`;
  }
  return undefined;
}

/** What the environment says counts more than the file. Tests depend on nobody's file. A Node too old to read it goes on under one that can. */
function readDotEnv() {
  const file = join(root, '.env');
  if (!existsSync(file) || script.startsWith('tests/') || process.loadEnvFile === undefined) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  }
}

/** The process of the stack over this checkout's state, where one runs. */
function runningSupervisor() {
  try {
    const home = resolve(root, process.env.DUET_HOME || '.duet');
    const { pid } = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')).processes.supervisor;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** Stops as told to end once the shell is gone by which npm runs this: it is told of npm's end, and passes no signal on. */
function endWithShellOfNpm() {
  const isRunByShell = process.env.npm_lifecycle_event !== undefined && process.send === undefined;
  if (!isRunByShell || process.platform === 'win32') return;
  const shell = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(looking);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  looking.unref();
}

async function prepare() {
  readDotEnv();
  endWithShellOfNpm();
  if (!isSupported(process.versions.node, engines.node))
    await goOnUnderFetchedNode(engines.node, tellsOfNode.test(script));
  endWithStarter();
  if (whatIsStale() === undefined) return;
  // Two commands in one fresh checkout must not both run `npm ci`, which begins by deleting everything.
  const waiting = (_, soFar) =>
    console.error(`Another command is installing the npm packages, waiting for it${soFar}`);
  await withLock(join(root, '.duet', 'lock-install'), waiting, async () => {
    const reason = whatIsStale();
    if (reason === undefined) return;
    const running = runningSupervisor();
    if (reason !== 'missing' && running !== undefined) {
      throw new Error(
        `The npm packages are ${reason}. Installing them would take them from under the stack that runs (process ${running}): stop it first.`,
      );
    }
    await installLocked(root, `The npm packages are ${reason}: installing them`);
  });
}

await prepare().catch((error) => fail(error.message, 1));
const { shieldFromShell } = await import('./shield.ts');
shieldFromShell(process.env);
const file = resolve(root, script);
process.argv = [process.argv[0], file, ...rest];
await import(pathToFileURL(file).href);
