/** What really arrived at the built-in providers, read from the mailbox process. */
import { request } from 'undici';
import { z } from 'zod';
import { below } from '../domain/addresses.ts';
import { Problem } from './problems.ts';
import { Arrival, type mailboxQuery } from './schemas.ts';

/** Reads the mailbox at `url`. Throws a 503 problem while its process is away. */
export async function readMailbox(
  url: string,
  { limit, ...only }: z.output<typeof mailboxQuery>,
): Promise<Arrival[]> {
  const wanted = Object.entries(only).filter(([, value]) => value !== undefined);
  const query = { limit, ...Object.fromEntries(wanted) };
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
