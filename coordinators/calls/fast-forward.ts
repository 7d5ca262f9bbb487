/** Moves the clock of one signup that is played by calls: from visit to visit, each made as soon as it is due. */
import type { Database } from '../../adapters/postgres.ts';
import { Unavailable, type FastForwarded } from '../../domain/coordinator.ts';
import type { MakeVisit } from './poller.ts';
import { moveClock, selectNextVisit } from './visits.ts';

/** Moves the clock by so much. Stops at a visit that faults, which is due then. */
export async function fastForward(
  database: Database,
  visit: MakeVisit,
  signupId: string,
  byMs: number,
): Promise<FastForwarded> {
  let leftMs = byMs;
  for (;;) {
    const [next] = await selectNextVisit(database, signupId);
    const isDue = next !== undefined && next.due_in_ms <= leftMs;
    const stepMs = isDue ? Math.max(next.due_in_ms, 0) : leftMs;
    await moveClock(database, signupId, stepMs);
    leftMs -= stepMs;
    if (!isDue) return 'moved';
    try {
      await visit(next);
    } catch (fault) {
      if (fault instanceof Unavailable) throw fault;
      return { movedMs: byMs - leftMs, underWay: `${next.visit} is due: ${(fault as Error).message}` };
    }
  }
}
