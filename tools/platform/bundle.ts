/** The workflow code, bundled while the parts start, so that the worker process needs neither the bundler nor its memory. */
import { join } from 'node:path';

/** Path of the bundle in the state folder. */
export async function buildBundle(home: string, say: (line: string) => void): Promise<string> {
  const began = Date.now();
  // Loaded only where a bundle is wanted: the bundler takes seconds, and memory.
  const { workflowBundle } = await import('../../coordinators/workflow/bundle.ts');
  const path = await workflowBundle(join(home, 'bundle'));
  const seconds = Math.round((Date.now() - began) / 1000);
  if (seconds > 2) say(`Workflows  bundled in ${seconds} s`);
  return path;
}
