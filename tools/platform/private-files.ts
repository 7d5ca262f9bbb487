/** Files and folders of a stack are for its owner only, whatever the umask: they hold addresses, links and passwords. */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Runs `work`, which must not wait, so that what it makes is for its owner only; a process it starts goes on like that. */
export function privately<T>(work: () => T): T {
  const before = process.umask(0o077);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/**
 * Takes everybody else's rights to a folder away, and to those of its entries that have such a name, with all in them. Passes
 * over what belongs to another user, and folders that all users share.
 */
export function closeToOthers(path: string, names = /./): void {
  const found = lstatSync(path);
  const isSticky = (found.mode & 0o1000) !== 0;
  if (found.isSymbolicLink() || isSticky || found.uid !== process.getuid?.()) return;
  if ((found.mode & 0o077) !== 0) chmodSync(path, found.mode & 0o700);
  if (!found.isDirectory()) return;
  for (const entry of readdirSync(path).filter((name) => names.test(name))) closeToOthers(join(path, entry));
}
