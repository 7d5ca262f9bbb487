/**
 * Which of the messages that arrived are kept: a crowd brings thousands, and those of the groups that are looked at must not go for
 * them. What a group has lost all the same, or never had, is read anew.
 */
import type { HistoryEntry } from '../domain/history.ts';
import { idsDrawn, type ArrivalSeen, type Page } from './page.ts';
import type { SignupSeen } from './seen.ts';

/** How many are kept of the group that is drawn, of other groups as far as they are drawn, and of all else. */
export const arrivalsKept = { selected: 400, groups: 400, others: 200 } as const;

/** Those that are kept, newest first as they were given: each kind only goes for its own. */
export function keptOf(arrivals: readonly ArrivalSeen[], page: Page): ArrivalSeen[] {
  const selected = new Set(idsDrawn(page));
  const drawn = new Set(page.groups.flatMap(({ signups }) => Object.values(signups)));
  const room: Record<keyof typeof arrivalsKept, number> = { ...arrivalsKept };
  return arrivals.filter(({ signupId }) => {
    const id = signupId ?? '';
    return room[selected.has(id) ? 'selected' : drawn.has(id) ? 'groups' : 'others']-- > 0;
  });
}

/** The signups of the group that is drawn for which something was sent, and of which nothing that arrived is here. */
export function withoutArrivals(page: Page): string[] {
  const here = new Set(page.arrivals.map(({ signupId }) => signupId));
  return idsDrawn(page).filter((id) => {
    const signup = page.signups.get(id);
    return signup !== undefined && !here.has(id) && hasSent(signup);
  });
}

function hasSent({ steps, history }: SignupSeen): boolean {
  const isSent = ({ step, kind }: Pick<HistoryEntry, 'step' | 'kind'>) =>
    kind === 'done' && step.startsWith('send');
  return [...steps.values(), ...(history ?? [])].some(isSent);
}
