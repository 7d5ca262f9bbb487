/** The list of signups, in pages that stay right while signups come in: a page begins after a signup, not at a number. */
import { z } from 'zod';
import { oneOf, statuses, styles } from '../domain/signup.ts';
import { upTo } from './requests.ts';
import { ListedSignup, type ListPosition, type ListQuery } from '../domain/tracked.ts';

/** As `cursorAt` writes it, so that the database can read it too: it has no year 0. */
const position = z.tuple([z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/), z.uuid()]);

const anotherPage = 'expected the `next` of another page';

/** The query of `GET /signups`. */
export const listQuery = z.strictObject({
  style: oneOf(styles).optional(),
  status: oneOf(statuses).optional(),
  limit: upTo(100).default(20),
  cursor: z
    .string(anotherPage)
    .refine((cursor) => positionOf(cursor) !== undefined, anotherPage)
    .optional(),
});

/** A page of the list. There is no personal data in it: who a signup belongs to is in the signup. */
export const SignupPage = z
  .object({
    items: z.array(ListedSignup),
    next: z.string().nullable().describe('`cursor` of the next page; null on the last'),
  })
  .meta({ id: 'SignupPage' });

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

function cursorAt({ startedAt, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([startedAt, id])).toString('base64url');
}

function positionOf(cursor: string): ListPosition | undefined {
  try {
    const parsed = position.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return parsed.success ? { startedAt: parsed.data[0], id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
}
