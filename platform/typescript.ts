/** How Node runs a TypeScript file of ours from any working directory. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The arguments of `node` before those of the script. */
export function nodeArguments(script: string): string[] {
  // Source maps cost start-up time and memory only when a stack is printed.
  return ['--enable-source-maps', '--import', loader, script];
}
