/**
 * Installing with npm, for what runs before anything is installed: which npm, one install at a time, and how long it takes. Node's
 * built-ins only.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Installs exactly what the lock file in the folder says, whatever the user leaves out elsewhere; says so, and every ten seconds again. */
export async function installLocked(folder, what) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  console.error(`${what} …`);
  const ticking = setInterval(() => console.error(`${what} … ${seconds()}`), 10_000);
  const [command, ...words] = npmCommand();
  const kinds = ['dev', 'optional', 'peer'].map((kind) => `--include=${kind}`);
  // The caller's own folder is in the environment when npm runs a script.
  const flags = ['--prefix', folder, ...kinds, '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn(command, [...words, 'ci', ...flags], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  const why = await new Promise((ended) => {
    npm.once('error', ({ message }) => ended(message));
    npm.once('exit', (code, signal) => ended(code === 0 ? undefined : `exit code ${code ?? signal}`));
  });
  clearInterval(ticking);
  if (why !== undefined) throw new Error(`${what}: \`npm ci\` failed (${why}). What it said is above.`);
  console.error(`${what}: done in ${seconds()}.`);
}

/** Only npm reads its lock file: where another package manager runs the script, the npm on the PATH is asked. */
function npmCommand() {
  const { npm_execpath: cli = '' } = process.env;
  return /^npm-cli\.c?js$/.test(basename(cli)) ? [process.execPath, cli] : ['npm'];
}

/** Makes the folder and those above it; Node's own `recursive` asks for ever where one cannot be made, as below /proc. */
export function makeFolder(path, mode) {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (error.code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (error.code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path), mode);
    makeFolder(path, mode);
  }
}

/** Runs the work while no other command is at it: the file names its holder, and one whose holder is gone counts as free. */
export async function withLock(file, doing, work) {
  makeFolder(dirname(file));
  const mine = `${file}.${randomUUID()}`;
  writeFileSync(mine, String(process.pid));
  try {
    let told = false;
    for (;;) {
      try {
        linkSync(mine, file);
        break;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (!isHeld(file)) {
        rmSync(file, { force: true });
        continue;
      }
      if (!told) console.error(`Another command is ${doing}, waiting for it …`);
      told = true;
      await delay(300);
    }
    await work();
  } finally {
    rmSync(mine, { force: true });
    try {
      if (readFileSync(file, 'utf8') === String(process.pid)) rmSync(file);
    } catch {
      // Not ours.
    }
  }
}

function isHeld(file) {
  try {
    const aged = Date.now() - statSync(file).mtimeMs > 15 * 60_000;
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return !aged;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
