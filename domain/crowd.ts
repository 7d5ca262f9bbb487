/**
 * A crowd: many signups that come at a rate of their own, whatever becomes of them, spread evenly over styles. What may be asked for, and
 * what a crowd tells of itself. Times are those of its customers, from when each came to when it was answered.
 */
import { z } from 'zod';
import { oneOf, styles } from './signup.ts';
import { forEachStyle } from './styles.ts';

/** How large a crowd can be, and how fast it can come. */
export const largestCrowd = { count: 1000, perSecond: 200 } as const;

const upTo = (most: number) => {
  const expected = `expected a whole number from 1 to ${most}`;
  return z.int(expected).min(1, expected).max(most, expected);
};

const shareForm = 'expected a share from 0 to 1';
const share = z.number(shareForm).min(0, shareForm).max(1, shareForm);

/** What `POST /crowd` takes. */
export const CrowdRequest = z
  .strictObject(
    {
      count: upTo(largestCrowd.count).describe('How many come'),
      perSecond: upTo(largestCrowd.perSecond).describe('How many come in a second'),
      styles: z
        .array(oneOf(styles))
        .min(1, 'expected one style at least')
        .refine((named) => new Set(named).size === named.length, 'expected each style once')
        .optional()
        .describe('Those that are here where none are named'),
      intents: z
        .strictObject({
          click: share.optional().describe('The share that clicks the link in its mail'),
          undeliverable: share.optional().describe('The share whose address takes no mail'),
        })
        .refine(({ click = 0, undeliverable = 0 }) => click + undeliverable <= 1, 'expected at most 1 in all')
        .optional(),
    },
    'expected a JSON object',
  )
  .meta({ id: 'CrowdRequest' });
export type CrowdRequest = z.infer<typeof CrowdRequest>;

/** The same once it is known which styles are here: what the process that sends is told. */
export const CrowdComing = CrowdRequest.required({ styles: true });
export type CrowdComing = z.infer<typeof CrowdComing>;

/** What the customers of one style have seen. Every one that was answered was accepted or refused, or failed. */
export const CrowdAnswers = z
  .object({
    asked: z.int().describe('How many have come'),
    accepted: z.int().describe('Answered with 201 or 202'),
    refused: z.int().describe('Told no by the process: the address is taken, or takes no mail'),
    failed: z.int().describe('Any other answer, or none in time; nobody comes back'),
    clicked: z.int().describe('How many have clicked the link in their mail, and were told that it is kept'),
    p50Ms: z.int().nullable().describe('Of all that were answered; null while none was'),
    p99Ms: z.int().nullable(),
    lastFailure: z.string().nullable().describe('What the last one that failed was told'),
  })
  .meta({ id: 'CrowdAnswers' });
export type CrowdAnswers = z.infer<typeof CrowdAnswers>;

/** A crowd as `GET /crowd` shows it: the one that runs, or the last one. */
export const CrowdState = z
  .object({
    isRunning: z.boolean().describe('Whether some are still to come, to be answered, or to click'),
    group: z.string().nullable().describe('The `group` of its signups; null while there was none'),
    count: z.int().describe('How many are to come in all'),
    asked: z.int(),
    answered: z.int(),
    byStyle: z.record(z.enum(styles), CrowdAnswers),
  })
  .meta({ id: 'CrowdState' });
export type CrowdState = z.infer<typeof CrowdState>;

/** What is shown before the first one. */
export const noCrowd: CrowdState = {
  isRunning: false,
  group: null,
  count: 0,
  asked: 0,
  answered: 0,
  byStyle: forEachStyle(() => ({
    asked: 0,
    accepted: 0,
    refused: 0,
    failed: 0,
    clicked: 0,
    p50Ms: null,
    p99Ms: null,
    lastFailure: null,
  })),
};
