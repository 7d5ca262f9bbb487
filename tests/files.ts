/** Which files a run plays, and which of them need a stack. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { repository } from '../platform/folders.ts';

const tests = join(repository, 'tests');

/** Folders that are played only when they are named: they take long, and prove again what others prove at less cost. */
const onlyWhenNamed = new Set(['deep', 'soak']);

/** The test files of the given files and folders; of all folders but those that have to be named when nothing is given. */
export async function testFiles(paths: readonly string[]): Promise<string[]> {
  if (paths.length > 0) return (await Promise.all(paths.map((path) => within(resolve(path))))).flat();
  const folders = (await readdir(tests)).filter((folder) => !onlyWhenNamed.has(folder)).toSorted();
  return (await Promise.all(folders.map((folder) => within(join(tests, folder))))).flat();
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

const needs = new Map<string, Promise<boolean>>();

/**
 * Whether a file needs the stack of its lane: it imports `theStack`, itself or by what it imports of the tests, and does not bring
 * a stack of its own (`onOwnStack`).
 */
export function needsStack(file: string): Promise<boolean> {
  const known = needs.get(file);
  if (known !== undefined) return known;
  // Files that import each other need what the rest of them needs.
  needs.set(file, Promise.resolve(false));
  const found = looksForStack(file);
  needs.set(file, found);
  return found;
}

async function looksForStack(file: string): Promise<boolean> {
  const source = await readFile(file, 'utf8');
  const imports = [...source.matchAll(/^import\s+(?!type\b)([^;]*?)\s+from '(\.[^']*)'/gm)].map(
    ([, names = '', from = '']) => ({ names, path: resolve(dirname(file), from) }),
  );
  if (imports.some(({ names }) => /\bonOwnStack\b/.test(names))) return false;
  for (const { names, path } of imports) {
    if (/\btheStack\b/.test(names)) return true;
    if (path.startsWith(tests) && path !== join(tests, 'stack.ts') && (await needsStack(path))) return true;
  }
  return false;
}
