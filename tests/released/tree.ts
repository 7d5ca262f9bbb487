/**
 * The code as it was released, for tests of what it does beside the present one: the whole of it, so that nothing of now gets into it.
 * An archive is made once, at the commit of the release, and never again:
 *
 *   git archive --format=tar COMMIT -- activities adapters choreography domain history http messaging orchestration storage \
 *     workers workflows config.ts package.json tsconfig.json | gzip -9n > tests/released/VERSION.tar.gz
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tar from 'tar';
import { workflowBundle } from '../../coordinators/workflow/bundle.ts';
import { specOf, type OurProcess } from '../../tools/platform/our-processes.ts';
import type { AddedProcess } from '../../tools/platform/stack.ts';
import { repository } from '../../tools/platform/folders.ts';
import { theStack } from '../stack.ts';

export type Version = '0.2.0';

const trees = new Map<Version, string>();

/** Path of the tree of a version; unpacked once per run of the tests, gone when the process ends. */
export function releasedTree(version: Version): string {
  const known = trees.get(version);
  if (known !== undefined) return known;
  const tree = mkdtempSync(join(tmpdir(), `duet-${version}-`));
  process.once('exit', () => rmSync(tree, { recursive: true, force: true }));
  const archive = fileURLToPath(new URL(`${version}.tar.gz`, import.meta.url));
  tar.extract({ file: archive, cwd: tree, sync: true });
  symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'));
  trees.set(version, tree);
  return tree;
}

/** Path of the bundle of a version's workflow code. */
export function releasedBundle(version: Version): Promise<string> {
  const tree = releasedTree(version);
  return workflowBundle(join(tree, 'build'), [join(tree, 'workflows'), join(tree, 'domain')]);
}

/** Starts a process of a version beside the present ones. */
export async function addReleased(
  version: Version,
  name: Exclude<OurProcess, 'tracker'>,
): Promise<AddedProcess> {
  const stack = theStack();
  const port = await stack.freePort(stack.portOf(name) + 1);
  const workers = join(releasedTree(version), 'workers');
  return stack.addBeside(specOf(name, port, stack.environmentOf(name), process.env, workers));
}
