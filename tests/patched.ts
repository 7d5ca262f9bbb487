/**
 * The present code with a change made to it, in a folder of its own: for tests of what a process of another shape does beside those of
 * now, and of recipes that tell how a change is made. A change is a unified diff in `tests/changes/`.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyPatch, parsePatch, type StructuredPatch } from 'diff';
import { workflowBundle } from '../coordinators/workflow/bundle.ts';
import { repository } from '../tools/platform/folders.ts';
import { codeFolders } from './code-folders.ts';

/** The changes, by the names of their files. */
export const changes = ['two-reminders', 'push', 'fourth-reminder'] as const;
export type Change = (typeof changes)[number];

/** What a checkout has, as far as the product runs by it. */
const parts = [...codeFolders, 'package.json', 'package-lock.json', 'tsconfig.json'];

/** Copies the present code to a folder that is not there yet. */
export function copyOfCode(folder: string): void {
  for (const part of parts) cpSync(join(repository, part), join(folder, part), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
}

const trees = new Map<Change, string>();

/** Path of the code with a change; made once per run of the tests, gone when the process ends. */
export function patchedTree(change: Change): string {
  const known = trees.get(change);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), `duet-${change}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copyOfCode(folder);
  for (const file of filesOf(change)) applyTo(folder, file, change);
  trees.set(change, folder);
  return folder;
}

/** Path of the bundle of the workflow code with a change. */
export function patchedBundle(change: Change): Promise<string> {
  const tree = patchedTree(change);
  return workflowBundle(join(tree, 'build'), [join(tree, 'workflows'), join(tree, 'domain')]);
}

/** The files that a change touches or makes. */
export function filesChangedBy(change: Change): string[] {
  return filesOf(change).map(nameOf);
}

/** How many lines a change adds to these files and takes out of them. */
export function linesChangedBy(change: Change, files: readonly string[]): { added: number; removed: number } {
  const lines = filesOf(change)
    .filter((file) => files.includes(nameOf(file)))
    .flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines));
  const counted = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { added: counted('+'), removed: counted('-') };
}

/** The diff of a change. */
export function diffOf(change: Change): string {
  return readFileSync(join(repository, pathOf(change)), 'utf8');
}

/** What a change does to each file. */
function filesOf(change: Change): StructuredPatch[] {
  return parsePatch(diffOf(change));
}

/** Git puts `a/` and `b/` before the names. */
function nameOf({ newFileName }: StructuredPatch): string {
  return newFileName!.replace(/^b\//, '');
}

function applyTo(folder: string, file: StructuredPatch, change: Change): void {
  const isNew = file.oldFileName === '/dev/null';
  const name = nameOf(file);
  const path = join(folder, name);
  const patched = applyPatch(isNew ? '' : readFileSync(path, 'utf8'), file);
  if (patched === false)
    throw new Error(`${pathOf(change)} does not fit ${name} any more: ${howToRenew(change)}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, patched);
}

const pathOf = (change: Change) => `tests/changes/${change}.patch`;

/** The commands that make the diff anew, in a checkout where everything is committed. */
function howToRenew(change: Change): string {
  const path = pathOf(change);
  return `in a clean checkout \`git apply --reject ${path}\`, do by hand what the .rej files say and remove them, then \`git add -AN . && git diff > ${path}\`, and take the change itself back`;
}
