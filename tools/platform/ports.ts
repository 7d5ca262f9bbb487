/**
 * Which port belongs to what, and how two stacks that start at the same moment do not end up with the same one: a port is
 * reserved by a lock file until its stack stops, because whoever asked for it needs a while to listen. Ports belong to the
 * machine, so the lock files do too: in its folder for temporary files, whatever TMPDIR says, open to every user.
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock, type Lock } from './lock.mjs';
import { PlatformError } from './error.ts';

/** Used when free; the next free one otherwise. All listen on 127.0.0.1 only, but for the API where HOST says so. */
export const ports = {
  api: 8080,
  temporal: 7233,
  temporalUi: 8233,
  temporalMetrics: 9233,
  rabbitmq: 5672,
  rabbitmqManagement: 15672,
  rabbitmqPrometheus: 15692,
  rabbitmqStream: 5552,
  rabbitmqDistribution: 25672,
  rabbitmqEpmd: 4370,
  kafka: 9092,
  kafkaController: 9093,
  postgres: 5432,
  mailbox: 8025,
  mailboxSmtp: 1025,
  // Health and metrics of the services; nobody types these.
  accounts: 8091,
  notifications: 8092,
  tracker: 8093,
  statistics: 8094,
  crowd: 8095,
} as const;

/** Hands out ports and keeps them for this stack. */
export type Ports = {
  /** The preferred port or the next free one. */
  next: (preferred: number, host?: string) => Promise<number>;
  /** Exactly this port, or an error that says it is taken. */
  exactly: (port: number, variable: string, host?: string) => Promise<number>;
  release: () => void;
};

/** A set of reservations that ends with the stack. */
export function reservePorts(cache: string): Ports {
  const folder = locksFolder(cache);
  const held: Lock[] = [];
  const tryPort = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
    const lock = tryLock(join(folder, String(port)));
    if (!('release' in lock)) return false;
    try {
      const free = await isFree(port, host);
      if (free) held.push(lock);
      else lock.release();
      return free;
    } catch (error) {
      lock.release();
      throw error;
    }
  };
  return {
    async next(preferred, host) {
      for (let port = preferred; port < Math.min(preferred + 1000, 65_536); port += 1) {
        if (await tryPort(port, host)) return port;
      }
      throw new PlatformError(`No free port between ${preferred} and ${preferred + 999}.`);
    },
    async exactly(port, variable, host) {
      if (await tryPort(port, host)) return port;
      throw new PlatformError(
        `Port \`${port}\` (${variable}) is taken by another program. Set ${variable} to a free port, or leave it unset to get the next free one.`,
      );
    },
    release() {
      for (const lock of held.splice(0)) lock.release();
    },
  };
}

/** Shared by all users; where that cannot be, at least by all stacks of this user. */
function locksFolder(cache: string): string {
  const shared = join(process.platform === 'win32' ? tmpdir() : '/tmp', 'duet-ports');
  try {
    if (!existsSync(shared)) {
      mkdirSync(shared);
      // Past the umask, and not sticky: whoever comes may clear away the lock of a dead stack of somebody else.
      chmodSync(shared, 0o777);
    }
    accessSync(shared, constants.W_OK);
    return shared;
  } catch {
    return join(cache, 'ports');
  }
}

/** Both ways round: elsewhere than on Linux one can bind a loopback port although somebody listens on all addresses. */
async function isFree(port: number, host: string): Promise<boolean> {
  const isTaken = await accepts(port).then(
    () => true,
    () => false,
  );
  return !isTaken && (await binds(port, host));
}

function binds(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Somebody who still looks for what ran here before must not keep the server from closing.
    const server = createServer((caller) => caller.on('error', () => {}).destroy());
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'EADDRNOTAVAIL' && code !== 'ENOTFOUND') return resolve(false);
      reject(new PlatformError(`HOST is wrong: \`${host}\` is no address of this machine.`));
    });
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}

/** Resolves where anything listens, and rejects otherwise. */
export function accepts(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`port ${port} does not answer`)));
  });
}
