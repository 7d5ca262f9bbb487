/** Which signup is meant: its id, a beginning of it, the e-mail address, or `last`. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { z } from 'zod';
import { below } from '../../domain/addresses.ts';
import { Signup } from '../../domain/signup.ts';
import type { ListedSignup } from '../../domain/tracked.ts';
import { longestPage, SignupPage } from '../../http/schemas.ts';
import { read } from './api.ts';
import { Failure, WrongUsage } from './program.ts';

/** What a command takes for a signup, in its help. */
export const whichSignup = 'an id, a beginning of it, an e-mail address, or `last`';

/** How many signups are looked at, newest first, for a beginning and for an address: an address is a look-up each. */
const looksAt = { beginning: 10_000, address: 200 };
const atOnce = 8;

const uuid = z.uuid();

/** Reads one signup. */
export const readSignup = (base: string, id: string) => read(Signup, below(base, `/signups/${id}`));

/** The id of a signup, where nothing else will do. */
export function signupIdTyped(word: string): string {
  if (uuid.safeParse(word).success) return word.toLowerCase();
  throw new InvalidArgumentError('Expected a UUID, as `start` and `list` show them.');
}

/** The id of the signup that is meant. Throws where none is, or several. */
export async function signupMeant(base: string, word: string): Promise<string> {
  if (uuid.safeParse(word).success) return word.toLowerCase();
  if (word === 'last') {
    const [newest] = (await read(SignupPage, listUrl(base, 1))).items;
    if (newest === undefined) throw new Failure('There is no signup yet.');
    return newest.id;
  }
  if (word.includes('@')) return signupOfAddress(base, word.toLowerCase());
  if (/^[0-9a-f][0-9a-f-]{3,}$/i.test(word)) return signupBeginningWith(base, word.toLowerCase());
  throw new WrongUsage(
    `\`${word}\` is no signup, expected ${whichSignup} (of an id, four characters at least)`,
  );
}

async function signupBeginningWith(base: string, beginning: string): Promise<string> {
  const found: string[] = [];
  for await (const { id } of newestFirst(base, looksAt.beginning))
    if (id.startsWith(beginning)) found.push(id);
  const [only, another] = found;
  if (another !== undefined)
    throw new Failure([`\`${beginning}\` begins several ids:`, ...found.slice(0, 10)].join('\n  '));
  return only ?? nothing(`No id of the newest ${looksAt.beginning} signups begins with \`${beginning}\`.`);
}

/** The newest signup of the address that was let in: one that was refused is meant only where there is no other. */
async function signupOfAddress(base: string, address: string): Promise<string> {
  const newest: ListedSignup[] = [];
  for await (const each of newestFirst(base, looksAt.address)) newest.push(each);
  let refused: string | undefined;
  for (let from = 0; from < newest.length; from += atOnce) {
    for (const signup of await lookedUp(base, newest.slice(from, from + atOnce))) {
      if (signup?.email.toLowerCase() !== address) continue;
      if (signup.status !== 'refused') return signup.id;
      refused ??= signup.id;
    }
  }
  if (refused !== undefined) return refused;
  return nothing(
    `None of the newest ${looksAt.address} signups is of ${address}. ` +
      'Addresses are shown to operators only: from another machine set OPERATOR_TOKEN.',
  );
}

function nothing(why: string): never {
  throw new Failure(why);
}

/** The signups with their e-mail addresses, which the list does not have: each is looked up. Without one where that fails. */
export async function whose<S extends { id: string }>(
  base: string,
  signups: readonly S[],
): Promise<(S & { email: string | null })[]> {
  const found = await lookedUp(base, signups);
  return signups.map((each, index) => ({ ...each, email: found[index]?.email ?? null }));
}

/** The signups themselves, a few at a time; undefined where a look-up fails. */
async function lookedUp(base: string, listed: readonly { id: string }[]): Promise<(Signup | undefined)[]> {
  const all: (Signup | undefined)[] = [];
  for (let from = 0; from < listed.length; from += atOnce) {
    const some = listed.slice(from, from + atOnce);
    all.push(...(await Promise.all(some.map(({ id }) => readSignup(base, id).catch(() => undefined)))));
  }
  return all;
}

function listUrl(base: string, limit: number): URL {
  const url = below(base, '/signups');
  url.searchParams.set('limit', String(limit));
  return url;
}

/** The newest signups, as many as that, by the pages of the list. */
async function* newestFirst(base: string, atMost: number): AsyncGenerator<ListedSignup> {
  const url = listUrl(base, longestPage);
  let seen = 0;
  while (seen < atMost) {
    const { items, next } = await read(SignupPage, url);
    yield* items;
    seen += items.length;
    if (next === null) return;
    url.searchParams.set('cursor', next);
  }
}

/** Does something to each signup that is meant, one after another. What fails is told at once, and the rest goes on. */
export async function forEach(words: readonly string[], act: (word: string) => Promise<void>): Promise<void> {
  for (const word of words) {
    try {
      await act(word);
    } catch (error) {
      if (!(error instanceof Failure) || words.length === 1) throw error;
      console.error(`${word}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}
