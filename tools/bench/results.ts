/** Where the figures go. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Writes figures to a file, and says so. */
export async function writeResults(out: string, results: unknown): Promise<void> {
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, rounded, 2)}\n`);
  console.log(`\nWrote ${file}`);
}

/** More digits would promise more than was measured. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
