/** Where the product keeps its things: the state of a stack, and downloads and builds that all stacks share. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, readConfig } from '../config.ts';

/** The checkout. */
export const repository = fileURLToPath(new URL('..', import.meta.url));

/** `DUET_HOME`, else `.duet` in the checkout. */
export function homeFolder(environment: NodeJS.ProcessEnv): string {
  const { DUET_HOME } = readConfig(['DUET_HOME'], environment);
  return DUET_HOME === undefined ? join(repository, '.duet') : resolve(DUET_HOME);
}

/** The user's cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME } = readConfig(['XDG_CACHE_HOME'], environment);
  return join(XDG_CACHE_HOME === undefined ? join(ownHome(), '.cache') : resolve(XDG_CACHE_HOME), 'duet');
}

function ownHome(): string {
  try {
    return homedir();
  } catch {
    throw new ConfigurationError(
      'XDG_CACHE_HOME is not set, and this user has no home folder to download to',
    );
  }
}
