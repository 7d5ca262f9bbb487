/** Makes the data folder of a Postgres server. */
import { chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from './logs.ts';
import { PlatformError, reasonOf } from './error.ts';
import type { StartSurroundings } from './part.ts';
import { privately } from './private-files.ts';
import { runTracked } from './tracked-runs.ts';
import type { RunAs } from './unprivileged.ts';

// initdb writes its own PG_VERSION at the beginning, so an interrupted one would pass for a finished one.
const finished = 'duet.made';

/** Whether the folder holds a finished cluster. */
export function isMade(data: string): boolean {
  return existsSync(join(data, finished));
}

/** Makes the cluster, from the beginning if an earlier attempt was interrupted. */
export async function initialise(
  native: string,
  data: string,
  user: RunAs,
  password: string,
  log: string,
  track: StartSurroundings['track'],
): Promise<void> {
  rmSync(log, { force: true });
  for (const leftover of readdirSync(data)) rmSync(join(data, leftover), { recursive: true });
  // Beside the data folder, where that user can certainly go.
  const passwordFile = `${data}.password`;
  privately(() => writeFileSync(passwordFile, `${password}\n`));
  if (user.uid !== undefined) chownSync(passwordFile, user.uid, user.gid ?? user.uid);
  try {
    const output = await runTracked(
      join(native, 'bin', 'initdb'),
      [
        ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
        // The same everywhere, whatever locales the system has, and `lower` knows all letters.
        ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        ['--no-instructions'],
      ].flat(),
      { environment: { LC_ALL: 'C', TZ: 'UTC' }, folder: data, user, track },
    );
    privately(() => writeFileSync(log, output));
    privately(() => writeFileSync(join(data, finished), ''));
  } catch (error) {
    const { printed = reasonOf(error) } = error as { printed?: string };
    privately(() => writeFileSync(log, printed));
    throw new PlatformError(`Postgres: initdb failed. The end of its log (${log}):\n${lastLines(log, 20)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
