/** The workflow code, bundled while the parts start, so that the worker process needs neither the bundler nor its memory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repository } from './folders.ts';

/** Path of the bundle in the state folder; `undefined` in a checkout without workflows. */
export async function buildBundle(home: string, say: (line: string) => void): Promise<string | undefined> {
  const module = join(repository, 'orchestration', 'bundle.ts');
  if (!existsSync(module)) return undefined;
  const began = Date.now();
  const { workflowBundle } = (await import(pathToFileURL(module).href)) as {
    workflowBundle: (directory: string) => Promise<string>;
  };
  const path = await workflowBundle(join(home, 'bundle'));
  const seconds = Math.round((Date.now() - began) / 1000);
  if (seconds > 2) say(`Workflows  bundled in ${seconds} s`);
  return path;
}
