/** Where the product keeps its things: the state of a stack, and downloads and builds that all stacks share. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, readConfig } from '../../adapters/config.ts';
import { PlatformError } from './error.ts';

/** The checkout. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

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

/** What each folder's path cannot hold and why, and how another one is chosen. */
const unfit = {
  checkout: {
    characters: /[!?\\]/,
    why: 'the bundler of the workflows reads as its own syntax',
    else: 'move the checkout',
  },
  state: {
    characters: /['\n]/,
    why: 'RabbitMQ pastes into a command',
    else: 'name another folder with `DUET_HOME`',
  },
  cache: {
    characters: /[:\n]/,
    why: 'separates the folders in a search path',
    else: 'name another folder with `XDG_CACHE_HOME`',
  },
} as const;

/** Throws where one of the folders has a path that a part cannot work in. */
export function refuseUnfitFolders(home: string, cache: string): void {
  const complaints = [
    unfitFolder('checkout', repository),
    unfitFolder('state', resolve(home)),
    unfitFolder('cache', cache),
  ].filter((complaint) => complaint !== undefined);
  if (complaints.length > 0) throw new PlatformError(complaints.join('\n'));
}

/** Says which character of a path is in the way of a part, or undefined where none is. */
export function unfitFolder(kind: keyof typeof unfit, path: string): string | undefined {
  // There the separators are others, and nothing of this is embedded.
  if (process.platform === 'win32') return undefined;
  const found = unfit[kind].characters.exec(path)?.[0];
  if (found === undefined) return undefined;
  return `\`${path}\` cannot be used: its path holds \`${found}\`, which ${unfit[kind].why}. Please ${unfit[kind].else}.`;
}
