/** Entries of the feed, as the tests of the page make them. */
import type { Entry } from '../../../web/seen.ts';

/** An entry: what is not said of it is that of a step of accounts, told of by no event. */
export function entryOf(
  said: Pick<Entry, 'id' | 'signupId' | 'style' | 'step' | 'kind' | 'at'> & Partial<Entry>,
): Entry {
  const told = { event: null, causationId: null, source: 'accounts', group: 'g-1', detail: null };
  return { eventId: `event-${said.id}`, attempts: 1, notedAt: said.at, ...told, ...said };
}
