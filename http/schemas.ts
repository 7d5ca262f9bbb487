/** What queries, headers and bodies of requests look like, and the answers that are more than a domain type. */
import { z } from 'zod';
import { Duration } from '../domain/duration.ts';
import { channelNames } from '../domain/process.ts';
import { GroupName, oneOf, statuses, styles } from '../domain/signup.ts';
import { ListedSignup, type ListPosition } from '../domain/tracked.ts';
import { upTo } from './requests.ts';

/** The body of `POST /signups/<id>/fast-forward`. */
export const FastForward = z.strictObject({ by: Duration }, 'expected a JSON object');

/** The query of `GET /health/ready`. */
export const readyQuery = z.strictObject({ style: oneOf(styles).optional() });

const eventId = 'expected the id of an event: a whole number';
const eventPosition = z.string(eventId).regex(/^\d{1,15}$/, eventId);

/** The query of `GET /events`, for clients that cannot send a header; the header goes first. */
export const eventsQuery = z.strictObject({ after: eventPosition.optional() });

/** The header that a browser sends by itself when it reconnects. */
export const eventsHeader = z.object({ 'Last-Event-ID': eventPosition.optional() });

const anotherPage = 'expected the `next` of another page';

/** How many signups a page of the list holds at most. */
export const longestPage = 100;

/** The query of `GET /signups`. */
export const listQuery = z.strictObject({
  style: oneOf(styles).optional(),
  status: oneOf(statuses).optional(),
  group: GroupName.optional(),
  limit: upTo(longestPage).default(20),
  cursor: z
    .string(anotherPage)
    .refine((cursor) => positionOf(cursor) !== undefined, anotherPage)
    .optional(),
});

/** A page of the list. It holds no personal data: that is in the signup. */
export const SignupPage = z
  .object({
    items: z.array(ListedSignup),
    next: z.string().nullable().describe('`cursor` of the next page; null on the last'),
  })
  .meta({ id: 'SignupPage' });

/** The database reads the time of a cursor too, and knows no year 0. */
const listPosition = z.tuple([z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/), z.uuid()]);

/** The cursor of the page that begins after a signup. */
export function cursorAt({ startedAt, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([startedAt, id])).toString('base64url');
}

/** The place in the list that a cursor names; undefined where it is none. */
export function positionOf(cursor: string): ListPosition | undefined {
  try {
    const parsed = listPosition.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return parsed.success ? { startedAt: parsed.data[0], id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
}

/** The query of `GET /mailbox`. */
export const mailboxQuery = z.strictObject({
  to: z.string('expected one address or phone number').max(254, 'expected at most 254 characters').optional(),
  limit: upTo(1000).default(50),
  after: z
    .uuid('expected the id of an arrival')
    .optional()
    .describe('Only what came later than this arrival'),
  signup: z.uuid('expected the id of a signup').optional(),
});

/** One arrival at a built-in provider; a duplicate is a second one. */
export const Arrival = z
  .object({
    id: z.string(),
    channel: z.enum(channelNames),
    to: z.string(),
    purpose: z.string().nullable(),
    signupId: z.string().nullable(),
    messageId: z.string().nullable(),
    subject: z.string().nullable(),
    text: z.string(),
    links: z.array(z.string()),
    receivedAt: z.iso.datetime(),
  })
  .meta({ id: 'Arrival' });

export type Arrival = z.output<typeof Arrival>;
