/**
 * Installing with npm, for what runs before anything is installed: which npm, and how long it takes. Node's built-ins only.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

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
