/** Moves the clock of one signup that is played by calls: from visit to visit, each made as soon as it is due. */
import type { Database } from '../../adapters/postgres.ts';
import { Unavailable, type FastForwarded } from '../../domain/coordinator.ts';
import type { NotificationsDoor } from './called-steps.ts';
import type { MakeVisit } from './poller.ts';
import { givenUpInMs, moveClock, selectNextVisit } from './visits.ts';

/**
 * Moves the clock by so much. Stops at a visit that finds the notifications service down, which is due then. One that faults stays
 * due until it is given up, as if all looks between had been in vain.
 */
export async function fastForward(
  database: Database,
  door: Pick<NotificationsDoor, 'isUp'>,
  visit: MakeVisit,
  signupId: string,
  byMs: number,
): Promise<FastForwarded> {
  let leftMs = byMs;
  for (;;) {
    const [next] = await selectNextVisit(database, signupId);
    const isDue = next !== undefined && next.due_in_ms <= leftMs;
    const stepMs = isDue ? Math.max(next.due_in_ms, 0) : leftMs;
    await move(stepMs);
    if (!isDue) return 'moved';
    const due = { ...next, due_in_ms: next.due_in_ms - stepMs };
    try {
      await visit(due);
    } catch (fault) {
      if (fault instanceof Unavailable) throw fault;
      if (!(await door.isUp()))
        return { movedMs: byMs - leftMs, underWay: `${next.visit} is due: ${(fault as Error).message}` };
      await move(Math.min(leftMs, givenUpInMs(due)));
      if (leftMs === 0) return 'moved';
    }
  }

  async function move(stepMs: number): Promise<void> {
    await moveClock(database, signupId, stepMs);
    leftMs -= stepMs;
  }
}
