/** What a tab keeps over a reload: what it asked for in its last groups, and what it was answered, which only it has measured. */
import type { GroupSeen, Page, Request } from './page.ts';
import type { Store } from './state.ts';

const keptAs = 'duet-asked';
const groupsKept = 12;

type Kept = { name: string; requests: Request[] };

/** Puts what was kept into the page, oldest first. */
export function takeKept(storage: Storage, store: Store): void {
  const kept = JSON.parse(storage.getItem(keptAs) ?? '[]') as Kept[];
  for (const { name, requests } of kept.toReversed())
    // What was under way when the page was left was answered to nobody.
    for (const request of requests) if (request.answer) store.ask(name, request);
}

/** A function that keeps what is on the page, where that has changed since. */
export function keeping(storage: Storage): (page: Page) => void {
  let before: readonly GroupSeen['requests'][] = [];
  return ({ groups }) => {
    const asked = groups.filter(({ requests }) => Object.keys(requests).length > 0).slice(0, groupsKept);
    if (asked.length === before.length && asked.every(({ requests }, index) => requests === before[index]))
      return;
    before = asked.map(({ requests }) => requests);
    const kept: Kept[] = asked.map(({ name, requests }) => ({ name, requests: Object.values(requests) }));
    storage.setItem(keptAs, JSON.stringify(kept));
  };
}
