/**
 * What the feed does not tell, read once a second while the page is looked at: the report of the stack, what is broken, what arrived, how a
 * crowd is doing, and the histories of the signups that are drawn, which say what is under way.
 */
import type { Ask } from './actions.ts';
import type { CrowdState } from '../domain/crowd.ts';
import type { FaultState } from '../domain/faults.ts';
import { isFinal, type HistoryEntry } from '../domain/history.ts';
import type { StackReport } from '../domain/report.ts';
import { withoutArrivals } from './arrivals.ts';
import { idsDrawn, type ArrivalSeen } from './page.ts';
import { hasEnded } from './seen.ts';
import type { Store } from './state.ts';

const everyMs = 1000;

/** How many arrivals are read at once, and how many when the page is opened. */
const arrivalsRead = { atFirst: 200, atOnce: 1000 } as const;

export type Polling = { go(): void; rest(): void };

/** Reads on while it goes. `hasMailbox`: whether there is a built-in one to read. */
export function createPolling(store: Store, ask: Ask, hasMailbox: boolean): Polling {
  let resting: AbortController | undefined;
  let lastArrival: string | undefined;
  /** The signups of this group whose messages were read anew. */
  let renewed: { group: string | null; ids: Set<string> } = { group: null, ids: new Set() };

  return {
    go() {
      if (resting) return;
      resting = new AbortController();
      void repeat(resting.signal);
    },
    rest() {
      resting?.abort();
      resting = undefined;
    },
  };

  async function repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all([report(signal), faults(signal), arrivals(signal), crowd(signal), histories(signal)]);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  async function report(signal: AbortSignal): Promise<void> {
    const answer = await ask<StackReport>('GET', 'styles', { signal });
    if ('ok' in answer) store.reportOn(answer.ok);
    if (answer.status === 403) store.arrange({ needsToken: true });
  }

  async function faults(signal: AbortSignal): Promise<void> {
    // Without a supervisor there is nobody to ask.
    if (store.page.report?.faults == null) return;
    const known = store.page.faults;
    const answer = await ask<{ faults: FaultState[] }>('GET', 'faults', { signal });
    // What was switched meanwhile is newer than this answer.
    if ('ok' in answer && store.page.faults === known) store.change({ faults: answer.ok.faults });
  }

  async function arrivals(signal: AbortSignal): Promise<void> {
    if (!hasMailbox) return;
    const query =
      lastArrival === undefined
        ? `limit=${arrivalsRead.atFirst}`
        : `limit=${arrivalsRead.atOnce}&after=${encodeURIComponent(lastArrival)}`;
    const answer = await ask<ArrivalSeen[]>('GET', `mailbox?${query}`, { signal });
    if (!('ok' in answer)) return;
    store.arrive(answer.ok);
    lastArrival = answer.ok[0]?.id ?? lastArrival;
    await renewArrivals(signal);
  }

  /** Once for each signup while its group is drawn: what is not in the mailbox any more would be asked for without end. */
  async function renewArrivals(signal: AbortSignal): Promise<void> {
    const { selectedGroup: group } = store.page;
    if (renewed.group !== group) renewed = { group, ids: new Set() };
    const { ids } = renewed;
    const missing = withoutArrivals(store.page).filter((id) => !ids.has(id));
    await Promise.all(
      missing.map(async (id) => {
        const answer = await ask<ArrivalSeen[]>('GET', `mailbox?signup=${id}`, { signal });
        if (!('ok' in answer)) return;
        ids.add(id);
        store.arrive(answer.ok);
      }),
    );
  }

  async function crowd(signal: AbortSignal): Promise<void> {
    const known = store.page.crowd;
    const answer = await ask<CrowdState>('GET', 'crowd', { signal });
    // Asked for meanwhile, a crowd is newer than this answer.
    if ('ok' in answer && store.page.crowd === known) store.change({ crowd: answer.ok });
  }

  /** What is under way is only in the histories: the feed tells what has happened. */
  async function histories(signal: AbortSignal): Promise<void> {
    const ids = idsDrawn(store.page);
    const isOver = (id: string) => {
      const signup = store.page.signups.get(id);
      return signup?.history != null && hasEnded(signup) && signup.history.every(({ kind }) => isFinal(kind));
    };
    await Promise.all(
      ids.map(async (id) => {
        if (isOver(id)) return;
        const answer = await ask<HistoryEntry[]>('GET', `signups/${id}/history`, { signal });
        if ('ok' in answer) store.remember(id, answer.ok);
      }),
    );
  }
}
