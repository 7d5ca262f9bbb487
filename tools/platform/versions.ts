/** Version numbers: what a program says that its version is, and which of two is older. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that was not read from the disk for long takes a while on a busy machine. */
const answersWithinMs = 60_000;

/** The version that a program says when it is asked with that argument; undefined where it does not. */
export async function versionOf(
  program: string,
  argument: string,
  pattern: RegExp,
): Promise<string | undefined> {
  try {
    const options = { env: { ...process.env, LANG: 'C' }, timeout: answersWithinMs };
    const { stdout, stderr } = await run(program, [argument], options);
    return pattern.exec(stderr + stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether a dotted version comes before another. */
export function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
