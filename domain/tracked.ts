/** What the tracker shows of every style: the list and the feed. Nothing of the person is in either. */
import { z } from 'zod';
import { observedKinds, type ObservedKind } from './history.ts';
import { Signup, styles, type SignupStatus, type Style } from './signup.ts';

/**
 * How far a step of a signup has come, as an event tells it or an observer saw it. The same seen again, by
 * any observer, has the same id.
 */
export type Observation = {
  id: string;
  signupId: string;
  style: Style;
  step: string;
  kind: ObservedKind;
  attempts: number;
  /** A reason, or an error. Nothing of the person is in it. */
  detail: string | null;
  /** In the signup's own time. */
  at: string;
  /** The type of the event that told it; missing where none did. */
  event?: string | undefined;
  /** The event that caused it, where one did. */
  causationId?: string | undefined;
  /** What its signup was started together with; with step 1 only. */
  group?: string | undefined;
};

/** A signup in a list: how far it has come, as the tracker was told. Personal data is in the signup itself. */
export const ListedSignup = z.object({
  id: z.uuid(),
  style: z.enum(styles),
  status: Signup.shape.status,
  startedAt: z.iso.datetime(),
  notifiedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  group: z.string().nullable().describe('What was started together with it has the same'),
});
export type ListedSignup = z.infer<typeof ListedSignup>;

/** Where a page of the list ends, and the next one begins: the list is ordered by both, newest first. */
export type ListPosition = { startedAt: string; id: string };

/** Which part of the list is wanted. */
export type ListQuery = {
  style?: Style | undefined;
  status?: SignupStatus | undefined;
  group?: string | undefined;
  limit: number;
  after?: ListPosition | undefined;
};

/** An entry of the feed. `id` is its position: they follow each other without a gap, in one order for all readers. */
export const FeedEntry = z.object({
  id: z.int(),
  signupId: z.uuid(),
  style: z.enum(styles),
  step: z.string(),
  kind: z.enum(observedKinds),
  attempts: z.int(),
  detail: z.string().nullable(),
  at: z.iso.datetime().describe("In the signup's own time"),
  notedAt: z.iso.datetime().describe('By the clock, when the tracker noted it'),
  eventId: z.uuid().describe('The same however often it is told or seen'),
  event: z
    .string()
    .nullable()
    .describe('The type of the event that told it; null where none did, but somebody saw it'),
  causationId: z.uuid().nullable().describe('The event that caused it, where one did'),
  source: z
    .string()
    .describe(
      'Whose rows told it: `accounts`, `notifications`, or the `history` of a workflow; `tracker` where that was not kept yet',
    ),
  group: z.string().nullable().describe('What its signup was started together with'),
});
export type FeedEntry = z.infer<typeof FeedEntry>;

/** Where the feed is read from. Both throw `Unavailable`. */
export type FeedSource = {
  /** At most `limit` entries after a position, in order. */
  after(position: number, limit: number): Promise<FeedEntry[]>;
  /** The position of the last entry; 0 before the first. */
  end(): Promise<number>;
};
