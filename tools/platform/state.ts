/**
 * The state folder (`.duet` or `DUET_HOME`): who uses it, its secrets, its logs, and `stack.json` for
 * scripts. One stack at a time: a living one is an error, of a dead one what is left over is ended and the
 * folder taken over.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { repository } from './folders.ts';
import { identityOf, tryLock } from './lock.mjs';
import { keepLogsBounded } from './logs.ts';
import { PlatformError, reasonOf } from './error.ts';
import { closeToOthers, privately } from './private-files.ts';
import { endGroup } from './processes.ts';
import { removeOutsideData } from './unprivileged.ts';
import { isOlder } from './versions.ts';

/** From this version on, a later one takes the state of an earlier one over and migrates it. */
const migratesSince = '0.4.0';

const { version: present } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

/** What we make in the folder: it may have been there before, with other things in it. */
const ourEntries =
  /^(bundle|children|control|kafka|lock|logs|mailbox|postgres-|rabbitmq|secrets|stack|temporal-|version)/;

/** Made at the first start and kept: whoever loses them loses access to the data beside them. */
export type Secrets = { postgresPassword: string; rabbitmqPassword: string; serviceToken: string };

/** An entry of `stack.json`: pid of what we started, port of what we use. */
export type StackEntry = { pid?: number; port?: number; [extra: string]: number | string | undefined };

/** The opened state folder of this stack. */
export type State = {
  home: string;
  secrets: Secrets;
  stackFile: string;
  logFile: (process: string) => string;
  /** Written at once, so that a stack taking over knows what to end. */
  started: (pid: number) => void;
  writeStack: (processes: Record<string, StackEntry>) => void;
  close: () => void;
};

/** Opens the folder, empty if `fresh`, for who was called by that `command`. Throws where it is in use, or of no use to this version. */
export async function openState(
  folder: string,
  fresh: boolean,
  version = present,
  command = 'npm start',
): Promise<State> {
  const home = resolve(folder);
  const lock = await takeOver(home, command);
  try {
    if (fresh) discard(home);
    takeState(home, version);
    closeToOthers(home, ourEntries);
    const logs = join(home, 'logs');
    privately(() => mkdirSync(logs, { recursive: true }));
    const endOfLogs = keepLogsBounded(logs);
    const secrets = readSecrets(join(home, 'secrets.json'));
    const stackFile = join(home, 'stack.json');
    const children = join(home, 'children');
    replaceFile(children, '');
    return {
      home,
      secrets,
      stackFile,
      logFile: (name) => join(logs, `${name}.log`),
      started(pid) {
        try {
          appendFileSync(children, `${pid} ${identityOf(pid) ?? ''}\n`);
        } catch {
          // A full disk: only a stack whose supervisor and reaper are both killed now would leave it behind.
        }
      },
      writeStack: (processes) => replaceFile(stackFile, `${JSON.stringify({ processes }, null, 2)}\n`),
      close() {
        endOfLogs();
        rmSync(stackFile, { force: true });
        rmSync(children, { force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw unwritable(home, error);
  }
}

async function takeOver(home: string, command: string) {
  let lock;
  try {
    lock = privately(() => tryLock(join(home, 'lock')));
  } catch (error) {
    throw unwritable(home, error);
  }
  if ('heldBy' in lock) {
    throw new PlatformError(
      [
        `A stack is already running over \`${home}\` (process ${lock.heldBy}).`,
        `Either stop it: press Ctrl-C in its terminal, or \`kill ${lock.heldBy}\`;`,
        `or start this one over another folder: \`DUET_HOME=/some/folder ${command}\`.`,
      ].join('\n'),
    );
  }
  await endLeftovers(join(home, 'children'));
  return lock;
}

/** Something is left only where supervisor and reaper were killed; a pid counts with its start time. */
async function endLeftovers(children: string): Promise<void> {
  if (!existsSync(children)) return;
  const leftovers = readFileSync(children, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([pid, identity]) => identity !== undefined && identity !== '' && identityOf(Number(pid)) === identity,
    );
  await Promise.all(leftovers.map(([pid]) => endGroup(Number(pid), 'SIGTERM', 5_000)));
}

function discard(home: string): void {
  for (const entry of readdirSync(home)) {
    if (!entry.startsWith('lock')) rmSync(join(home, entry), { recursive: true, force: true });
  }
  removeOutsideData(home);
}

/** Notes in the folder that its state is of that version from now on. */
function takeState(home: string, version: string): void {
  refuseUnfitState(home, version);
  const file = join(home, 'version');
  if (notedIn(file) !== version) replaceFile(file, `${version}\n`);
}

const notedIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);

/**
 * Throws where the state in the folder is of a version from before state was migrated, or of a later one. Secrets are
 * what every version has written first; those before 0.3.1 noted nothing else.
 */
export function refuseUnfitState(home: string, version = present): void {
  const noted = notedIn(join(home, 'version'));
  const wayOut = 'start with `npm start -- --fresh` to discard it, or name another folder with `DUET_HOME`.';
  if (noted === undefined ? existsSync(join(home, 'secrets.json')) : isOlder(noted, migratesSince)) {
    throw new PlatformError(
      `The state in \`${home}\` was written by Duet ${noted ?? '0.3.0 or older'}, which this version cannot read: ${wayOut}`,
    );
  }
  if (noted !== undefined && isOlder(version, noted)) {
    throw new PlatformError(
      `The state in \`${home}\` was written by Duet ${noted}, which is later than this version, ${version}: use that one, ${wayOut}`,
    );
  }
}

function readSecrets(file: string): Secrets {
  const known: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const secrets: Secrets = {
    postgresPassword: known.postgresPassword ?? randomBytes(18).toString('hex'),
    rabbitmqPassword: known.rabbitmqPassword ?? randomBytes(18).toString('hex'),
    serviceToken: known.serviceToken ?? randomBytes(18).toString('hex'),
  };
  replaceFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** Readers see the old file or the new one, never half of one. */
function replaceFile(file: string, content: string): void {
  privately(() => writeFileSync(`${file}.new`, content));
  renameSync(`${file}.new`, file);
}

function unwritable(home: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const what: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'it may not be written by this user',
    EPERM: 'it may not be written by this user',
    EROFS: 'its file system is read-only',
    ENOENT: 'no folder can be made there',
    ENOTDIR: 'a part of its path is a file',
    EEXIST: 'a file of that name is in the way',
  };
  if (code === undefined || what[code] === undefined) return error;
  return new PlatformError(
    `The state folder \`${home}\` cannot be used: ${what[code]} (${reasonOf(error)}).\n` +
      'Make room or change its permissions, or name another folder with `DUET_HOME`.',
  );
}
