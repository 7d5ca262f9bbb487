/** Bundles the workflow code ahead of time, so that a worker starts without a bundler and every one runs the same code. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

const sources = ['../../workflows', '../../domain'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

/**
 * The path of a bundle of the present workflow code, made in `directory` unless it is there already. `folders` are those
 * that it is made of, the one that exports the workflows first.
 */
export async function workflowBundle(
  directory: string,
  folders: readonly string[] = sources,
): Promise<string> {
  const path = join(directory, `workflows-${await fingerprint(folders)}.js`);
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  )
    return path;
  const { code } = await bundleWorkflowCode({ workflowsPath: folders[0]!, logger: silent });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // What is at the path is a whole bundle, also while two processes make it at once.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, code, { mode: 0o600 });
  await rename(unfinished, path);
  return path;
}

async function fingerprint(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
    version: string;
  };
  hash.update(version);
  for (const folder of folders) {
    for (const file of (await readdir(folder)).toSorted()) {
      if (file.endsWith('.ts')) hash.update(file).update(await readFile(join(folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

const nothing = () => {};
const silent: Logger = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
