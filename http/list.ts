/** The list of signups, in pages that stay right while signups come in: a page begins after a signup, not at a number. */
import type { z } from 'zod';
import type { ListedSignup, ListQuery } from '../domain/tracked.ts';
import { cursorAt, positionOf, type listQuery, type SignupPage } from './schemas.ts';

/** Reads a page by `list`. */
export async function readPage(
  list: (query: ListQuery) => Promise<ListedSignup[]>,
  { cursor, limit, ...query }: z.output<typeof listQuery>,
): Promise<z.output<typeof SignupPage>> {
  const after = cursor === undefined ? undefined : positionOf(cursor);
  // One more than asked for tells whether there is a next page.
  const found = await list({ ...query, after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && found.length > limit ? cursorAt(last) : null };
}
