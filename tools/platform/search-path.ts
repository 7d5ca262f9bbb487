/** Finding programs. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program of that name on a search path. */
export function onPath(program: string, path: string | undefined): string | undefined {
  return (path ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
