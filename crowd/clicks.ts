/**
 * Customers click the link in their mail. The built-in mailbox is read by one reader for all of them: a look each would cost the
 * mail server more than their mails do.
 */
import { request, type Pool } from 'undici';
import { z } from 'zod';
import { every, pause, until } from '../adapters/waiting.ts';
import { below } from '../domain/addresses.ts';

const readEveryMs = 500;
const opensWithinMs = 2_000;
const clickWithinMs = 30_000;
/** More than arrive between two looks. */
const atOnce = 1000;

/** Of an arrival, what is asked here. */
const Arrived = z.array(z.object({ id: z.string(), to: z.string(), links: z.array(z.string()) }));

/** Those who wait for their mail. */
export type Letterbox = {
  /** Resolves once what had arrived before is told apart from what arrives from now on, or the mailbox does not say. */
  opened: Promise<void>;
  /** Resolves with the link in the first mail to that address; undefined where none came in time. */
  linkTo: (address: string, withinMs: number) => Promise<string | undefined>;
};

/**
 * Reads what arrives at the mailbox from now on for these addresses, until `stopped`. A mail may be there before the answer to its
 * signup is: in styles whose caller waits, it always is.
 */
export function openLetterbox(
  mailboxUrl: string,
  addresses: ReadonlySet<string>,
  stopped: AbortSignal,
): Letterbox {
  const links = new Map<string, string>();
  let newest: string | undefined;

  async function read(query: Record<string, string | number>) {
    const { body } = await request(below(mailboxUrl, '/messages'), { query, signal: stopped });
    return Arrived.parse(await body.json());
  }

  function keep(arrived: z.output<typeof Arrived>): void {
    newest = arrived[0]?.id ?? newest;
    for (const { to, links: found } of arrived.toReversed()) {
      if (addresses.has(to) && found[0] !== undefined && !links.has(to)) links.set(to, found[0]);
    }
  }

  async function look(): Promise<void> {
    keep(await read({ limit: atOnce, ...(newest !== undefined && { after: newest }) }));
  }

  // Nobody waits for what had arrived before.
  const opened = Promise.race([
    read({ limit: 1 }).then(keep),
    pause(opensWithinMs, stopped, { ref: false }),
  ]).catch(() => {});
  // While the mailbox is away nobody reads anything; it keeps what arrived.
  void opened.then(() => every(readEveryMs, () => look().catch(() => {}), stopped));
  return {
    opened,
    async linkTo(address, withinMs) {
      const patience = { withinMs, everyMs: readEveryMs, signal: stopped };
      return until(`a mail to ${address}`, () => links.get(address), patience).catch(() => undefined);
    },
  };
}

/** Clicks a link. Says whether the click is kept: tried again where the api is away, and not where it said no. */
export async function click(pool: Pool, link: string, stopped: AbortSignal): Promise<boolean> {
  // The link names the API as it is reached from outside: only its token is wanted.
  const path = `/verify/${new URL(link).pathname.split('/').at(-1)}`;
  const patience = { withinMs: clickWithinMs, everyMs: readEveryMs, signal: stopped };
  const status = await until(
    `an answer to the click on ${path}`,
    async () => {
      const { statusCode, body } = await pool.request({ method: 'POST', path, signal: stopped });
      await body.dump();
      return statusCode < 500 && statusCode;
    },
    patience,
  ).catch(() => 503);
  return status === 200 || status === 202;
}
