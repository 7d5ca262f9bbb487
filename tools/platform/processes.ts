/**
 * What the operating system knows about processes, and how whole groups of them are ended. Every process we start leads its
 * own group, so that what it starts in turn (Erlang's port programs, say) ends with it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Start time of a living process, `undefined` when it is gone (or a zombie): with the pid it names one process for good. */
export function identityOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    try {
      // The second field is the program's name in brackets and may hold anything, so count from its end.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started.replaceAll(' ', '_');
  } catch {
    return undefined;
  }
}

/** Whether any process of the group is left. */
export function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Sends a signal to a process (or, with a negative pid, to a group); says whether there was one. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Asks the leader to end, and ends the whole group by SIGKILL when it has not within the time. */
export async function endGroup(group: number, politely: NodeJS.Signals, withinMs: number): Promise<void> {
  signal(group, politely);
  const deadline = Date.now() + withinMs;
  while (groupExists(group) && Date.now() < deadline) await delay(50);
  signal(-group, 'SIGKILL');
}
