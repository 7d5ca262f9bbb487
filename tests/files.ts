/** Which files a run plays, and which of them need a stack. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { repository } from '../tools/platform/folders.ts';

const tests = join(repository, 'tests');

/**
 * Folders that are played only when they are named: they take long and prove again what others prove at less cost, or they need a
 * browser.
 */
const onlyWhenNamed = new Set(['deep', 'soak', 'web']);

/** What takes longest is played first, so that no lane is left with it at the end. */
const longest = [
  'time/fast-forward-days.test.ts',
  'platform/endings.test.ts',
  'http/outages.test.ts',
  'time/fast-forward-model.test.ts',
  'contract/late-subscriber.test.ts',
  'cli/dead-letters.test.ts',
  'http/events.test.ts',
  'platform/stack.test.ts',
  'cli/signup.test.ts',
  'contract/parking.test.ts',
  'time/test-server-days.test.ts',
  'deep/stage.test.ts',
  'web/faults.test.ts',
  'web/stage.test.ts',
  'web/scenes.test.ts',
  'web/crowd.test.ts',
  'deep/sequences.test.ts',
  'deep/matrix.test.ts',
  'deep/sleeping.test.ts',
  'deep/races.test.ts',
  'deep/soak.test.ts',
  'deep/drills.test.ts',
  'deep/fuzz.test.ts',
  'deep/coupling.test.ts',
].map((file) => join(tests, file));

/**
 * The test files of the given files and folders, in the order to play them; of all folders but those that have to be named when
 * nothing is given.
 */
export async function testFiles(paths: readonly string[]): Promise<string[]> {
  const rank = (file: string) => longest.indexOf(file) + 1 || longest.length + 1;
  return (await chosen(paths)).toSorted((one, other) => rank(one) - rank(other));
}

async function chosen(paths: readonly string[]): Promise<string[]> {
  if (paths.length > 0) return (await Promise.all(paths.map((path) => within(resolve(path))))).flat();
  const all = await within(tests);
  return all.filter((file) => !onlyWhenNamed.has(relative(tests, file).split(sep)[0]!));
}

async function within(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) throw new Error(`there is no file or folder ${place}`);
  if (!found.isDirectory()) return [place];
  const paths = await readdir(place, { recursive: true });
  return paths
    .filter((each) => each.endsWith('.test.ts'))
    .toSorted()
    .map((each) => join(place, each));
}

/** Whether a file is played in a browser. */
export function needsBrowser(file: string): boolean {
  return file.startsWith(join(tests, 'web') + sep);
}

type Need = 'none' | 'shared' | 'own';
const needs = new Map<string, Need>();

/**
 * Whether a file needs the stack of its lane: it imports `theStack`, itself or by what it imports of the tests, and brings no
 * stack of its own (`onOwnStack`).
 */
export async function needsStack(file: string): Promise<boolean> {
  return (await needOf(file)) === 'shared';
}

async function needOf(file: string): Promise<Need> {
  const known = needs.get(file);
  if (known !== undefined) return known;
  // Files that import each other need what the rest of them needs.
  needs.set(file, 'none');
  const source = await readFile(file, 'utf8');
  const found = new Set<Need>();
  for (const [, names = '', from = ''] of source.matchAll(
    /^import\s+(?!type\b)([^;]*?)\s+from '(\.[^']*)'/gm,
  )) {
    const path = resolve(dirname(file), from);
    if (/\bonOwnStack\b/.test(names)) found.add('own');
    else if (/\btheStack\b/.test(names)) found.add('shared');
    else if (path.startsWith(tests) && path !== join(tests, 'stack.ts')) found.add(await needOf(path));
  }
  const need = found.has('own') ? 'own' : found.has('shared') ? 'shared' : 'none';
  needs.set(file, need);
  return need;
}
