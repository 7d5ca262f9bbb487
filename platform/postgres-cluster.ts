/** Makes the data folder of a Postgres server. */
import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLines } from './logs.ts';
import { PlatformError } from './part.ts';
import type { RunAs } from './unprivileged.ts';

/** Makes the cluster; an interrupted or failed one leaves no PG_VERSION behind that would pass for a finished one. */
export async function initialise(
  native: string,
  data: string,
  user: RunAs,
  password: string,
  log: string,
): Promise<void> {
  rmSync(log, { force: true });
  const passwordFolder = mkdtempSync(join(tmpdir(), 'duet-'));
  const passwordFile = join(passwordFolder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined) {
    for (const path of [passwordFolder, passwordFile]) chownSync(path, user.uid, user.gid ?? user.uid);
  }
  for (const leftover of readdirSync(data)) rmSync(join(data, leftover), { recursive: true });
  const child = spawn(
    join(native, 'bin', 'initdb'),
    [
      ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      // The same everywhere, whatever locales the system has, and `lower` knows all letters.
      ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      // Nothing to lose yet; the server itself keeps fsync on.
      ['--no-sync', '--no-instructions'],
    ].flat(),
    {
      cwd: data,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  rmSync(passwordFolder, { recursive: true, force: true });
  writeFileSync(log, output);
  if (code === 0) return;
  rmSync(join(data, 'PG_VERSION'), { force: true });
  throw new PlatformError(
    `Postgres: initdb failed (${code}). The end of its log (${log}):\n${lastLines(log, 20)}`,
  );
}
