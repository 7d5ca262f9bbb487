/** What the platform's tests share: temporary state folders, and looking at processes from outside. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from '../../adapters/waiting.ts';

/** A temporary folder that is gone when its owner is disposed of. */
export function temporaryFolder(): { path: string; [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'duet-test-'));
  // As an ordinary folder would be: where not even the user Postgres runs as may enter is a case of its own.
  chmodSync(path, 0o755);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

type Listed = { pid: number; parent: number; command: string };

function list(): Listed[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 16_000_000,
  });
  return lines
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && !match[3]!.startsWith('Z'))
    .map((match) => ({ pid: Number(match![1]), parent: Number(match![2]), command: match![4]! }));
}

/** A process, everything it has started, and what those have started in turn. */
export function withDescendants(pid: number): Listed[] {
  const all = list();
  const found = all.filter((one) => one.pid === pid);
  let parents = [pid];
  while (parents.length > 0) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  // `ps` lists itself too.
  return found.filter(({ command }) => !command.startsWith('ps -eo'));
}

/** Which of these are still there, under the same command; a pid alone may have a new owner. */
export function survivorsOf(processes: readonly Listed[]): Listed[] {
  const now = list();
  return processes.filter(({ pid, command }) =>
    now.some((one) => one.pid === pid && one.command === command),
  );
}

/** Processes whose command line names the folder. */
export function processesNaming(folder: string): Listed[] {
  return list().filter(({ command, pid }) => command.includes(folder) && pid !== process.pid);
}

/** Waits until none of these is left, and none that names the folder: what was sent SIGKILL last may be there for a moment. */
export async function untilGone(processes: readonly Listed[], folder: string): Promise<void> {
  await until('everything that was started to end', () => {
    assert.deepEqual(survivorsOf(processes), []);
    assert.deepEqual(processesNaming(folder), []);
    return true;
  });
}

/** Whether anybody listens there. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Runs one statement on a connection of its own, as whoever the URL names. */
export async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
