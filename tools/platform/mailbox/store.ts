/**
 * What arrived, newest last: one line of JSON per arrival in a file, appended before the sender gets its answer, so that what
 * was accepted survives a SIGKILL. In memory the newest are kept, unparsed until somebody reads them.
 */
import { appendFile, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';
import type { Channel } from '../../../domain/process.ts';

/** One arrival as it came: a mail's source, or what another provider was told. */
export type Arrival = { id: string; receivedAt: string; to: string } & (
  | { channel: 'email'; source: string }
  | { channel: Exclude<Channel, 'email'>; text: string; signupId: string | null; purpose: string | null }
);

/** One arrival as readers see it. */
export type Message = {
  id: string;
  channel: Channel;
  to: string;
  purpose: string | null;
  signupId: string | null;
  messageId: string | null;
  subject: string | null;
  text: string;
  links: string[];
  receivedAt: string;
};

/** Which arrivals are wanted: at most so many, to an address, later than one that is named by its id, or of a signup. */
export type Filter = {
  limit: number;
  to?: string | undefined;
  after?: string | undefined;
  signup?: string | undefined;
};

/** The kept arrivals. */
export type Store = {
  /** Resolves once the arrivals are in the file. */
  add: (arrivals: readonly NewArrival[]) => Promise<Arrival[]>;
  /** Newest first. Where an arrival is not kept any more, all that are kept are later than it. */
  read: (filter: Filter) => Promise<Message[]>;
};

type NewArrival = Arrival extends infer A
  ? A extends Arrival
    ? Omit<A, 'id' | 'receivedAt'>
    : never
  : never;

// Low for a mail server, plenty for a demo and a benchmark: about 40,000 mails of ours.
const keptCharacters = 64_000_000;

/** Opens the file and loads the newest of what it holds. */
export function openStore(file: string): Store {
  const kept: Arrival[] = [];
  const parsed = new WeakMap<Arrival, Message>();
  let characters = 0;
  const keep = (arrival: Arrival, size: number) => {
    kept.push(arrival);
    characters += size;
    if (characters <= keptCharacters) return;
    // A quarter at once: shifting one by one would move the whole list for each arrival.
    for (const old of kept.splice(0, Math.ceil(kept.length / 4))) characters -= sizeOf(old);
  };
  if (existsSync(file)) load(file, keep);
  const append = appender(file);
  return {
    async add(arrivals) {
      const receivedAt = new Date().toISOString();
      const complete = arrivals.map((arrival) => ({ ...arrival, id: randomUUID(), receivedAt }));
      await append(complete.map((arrival) => `${JSON.stringify(arrival)}\n`).join(''));
      for (const arrival of complete) keep(arrival, sizeOf(arrival));
      return complete;
    },
    async read({ to, limit, after, signup }) {
      const wanted = to?.toLowerCase();
      const found: Arrival[] = [];
      for (let index = kept.length - 1; index >= 0 && found.length < limit; index -= 1) {
        const arrival = kept[index]!;
        if (arrival.id === after) break;
        const isWanted = wanted === undefined || arrival.to.toLowerCase() === wanted;
        if (isWanted && (signup === undefined || isOf(arrival, signup))) found.push(arrival);
      }
      return Promise.all(
        found.map(async (arrival) => {
          const message = parsed.get(arrival) ?? (await parse(arrival));
          parsed.set(arrival, message);
          return message;
        }),
      );
    },
  };
}

function load(file: string, keep: (arrival: Arrival, size: number) => void): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const good: string[] = [];
  for (const line of lines) {
    try {
      keep(JSON.parse(line) as Arrival, line.length);
      good.push(line);
    } catch {
      // The last line of a process killed while writing: its sender never got an answer.
    }
  }
  let from = good.length;
  let size = 0;
  while (from > 0 && size < keptCharacters) {
    from -= 1;
    size += good[from]!.length;
  }
  if (from === 0 && lines.length - good.length <= 1 && lines.at(-1) === '') return;
  writeFileSync(
    `${file}.new`,
    good
      .slice(from)
      .map((line) => `${line}\n`)
      .join(''),
  );
  renameSync(`${file}.new`, file);
}

/** One write at a time; what comes in meanwhile goes out with the next, so hundreds of mails a second cost few writes. */
function appender(file: string): (text: string) => Promise<void> {
  let waiting: { text: string; done: (error: Error | null) => void }[] = [];
  let writing = false;
  const flush = () => {
    const batch = waiting;
    waiting = [];
    writing = batch.length > 0;
    if (!writing) return;
    appendFile(file, batch.map(({ text }) => text).join(''), (error) => {
      for (const { done } of batch) done(error);
      flush();
    });
  };
  return (text) =>
    new Promise((resolve, reject) => {
      waiting.push({ text, done: (error) => (error === null ? resolve() : reject(error)) });
      if (!writing) flush();
    });
}

function sizeOf(arrival: Arrival): number {
  return 200 + (arrival.channel === 'email' ? arrival.source.length : arrival.text.length);
}

/** Whether an arrival is about a signup: that of a mail is in its `Message-ID`. */
function isOf(arrival: Arrival, signup: string): boolean {
  return arrival.channel === 'email' ? arrival.source.includes(`<${signup}.`) : arrival.signupId === signup;
}

async function parse(arrival: Arrival): Promise<Message> {
  const { id, channel, to, receivedAt } = arrival;
  if (arrival.channel !== 'email') {
    const { signupId, purpose, text } = arrival;
    const messageId = signupId === null || purpose === null ? null : `${signupId}.${purpose}.${channel}`;
    return {
      id,
      channel,
      to,
      purpose,
      signupId,
      messageId,
      subject: null,
      text,
      links: linksIn(text),
      receivedAt,
    };
  }
  const mail = await PostalMime.parse(arrival.source);
  const messageId = mail.messageId?.replace(/^<|>$/g, '') ?? null;
  const [, signupId = null, purpose = null] = /^([^.@]+)\.([^@]+)@/.exec(messageId ?? '') ?? [];
  const text = mail.text ?? '';
  return {
    id,
    channel,
    to,
    purpose,
    signupId,
    messageId,
    subject: mail.subject ?? null,
    text,
    links: linksIn(text),
    receivedAt,
  };
}

function linksIn(text: string): string[] {
  return [
    ...new Set([...text.matchAll(/https?:\/\/[^\s<>"']+/g)].map(([link]) => link.replace(/[.,;:!?)]+$/, ''))),
  ];
}
