/** What really arrived at the built-in providers, read from the mailbox process. */
import { request } from 'undici';
import { z } from 'zod';
import { below } from '../domain/addresses.ts';
import { Problem } from './problems.ts';
import { upTo } from './requests.ts';

/** The query of `GET /mailbox`. */
export const mailboxQuery = z.strictObject({
  to: z.string('expected one address or phone number').max(254, 'expected at most 254 characters').optional(),
  limit: upTo(1000).default(50),
});

/** One arrival, newest first in the list; a duplicate is a second one. */
export const Arrival = z
  .object({
    id: z.string(),
    channel: z.enum(['email', 'sms']),
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

/** Reads the mailbox at `url`. Throws a 503 problem while its process is away. */
export async function readMailbox(
  url: string,
  { to, limit }: z.output<typeof mailboxQuery>,
): Promise<z.output<typeof Arrival>[]> {
  const query = { limit, ...(to === undefined ? {} : { to }) };
  const answer = await request(below(url, '/messages'), {
    query,
    headersTimeout: 5000,
    bodyTimeout: 5000,
  }).catch((cause: unknown) => {
    throw new Problem(
      'unavailable',
      `The mailbox does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  });
  return z.array(Arrival).parse(await answer.body.json());
}
