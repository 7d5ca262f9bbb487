/**
 * How whole groups of processes are ended. Every process we start leads its own group, so that what it starts in turn (Erlang's port
 * programs, say) ends with it.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Whether there is a process of that pid. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether any process of the group is left. */
export const groupExists = (group: number): boolean => processExists(-group);

/** Sends a signal to a process (or, with a negative pid, to a group); says whether there was one. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** What was sent SIGKILL is gone at once, unless it is in the middle of writing. */
const killedWithinMs = 2_000;

/** Asks the leader to end, and ends the whole group by SIGKILL when it has not within the time. Resolves once it is gone. */
export async function endGroup(group: number, politely: NodeJS.Signals, withinMs: number): Promise<void> {
  signal(group, politely);
  await untilGone(group, withinMs);
  signal(-group, 'SIGKILL');
  await untilGone(group, killedWithinMs);
}

async function untilGone(group: number, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (groupExists(group) && Date.now() < deadline) await delay(50);
}
