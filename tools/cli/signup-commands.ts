/** The commands that start a signup, look at signups, and act on some. */
import { Option } from '@commander-js/extra-typings';
import { z } from 'zod';
import { below } from '../../domain/addresses.ts';
import { Duration } from '../../domain/duration.ts';
import { Signup, statuses, styles, type Style } from '../../domain/signup.ts';
import type { ListedSignup } from '../../domain/tracked.ts';
import { Arrival, longestPage, SignupPage } from '../../http/schemas.ts';
import { wholeNumber } from '../platform/command-line.ts';
import { apiUrl, ask, command, read, Refused, understood } from './api.ts';
import { Failure, printJson, WrongUsage } from './program.ts';
import { forEach, readSignup, signupMeant, whichSignup, whose } from './signup-id.ts';
import { signupList, signupSheet } from './signup-tables.ts';

/** The problem of a style that is not here. */
const notHere = 'urn:duet:problem:style-not-here';

export const startSignups = command('start')
  .summary('signs somebody up')
  .description(
    'Signs somebody up.\n\n' +
      'With all styles there is a signup of each. An address can be taken only once, so the style is added to it ' +
      `(${styles.map((style) => `+${style}`).join(', ')}), and mail servers deliver all to the same mailbox.`,
  )
  .argument('<email>', 'their address')
  .addOption(
    new Option('--style <style>', 'how it is coordinated')
      .choices([...styles, 'all'] as const)
      .makeOptionMandatory(),
  )
  .option('--phone <number>', 'for an SMS beside the mail, such as +15550001111')
  .option('--name <name>', 'how the mail addresses them')
  .option('--group <name>', 'ties together what is started under one name')
  .option('--key <key>', 'Idempotency-Key: the same key is the same signup')
  .action(async (email, { style: chosen, phone, name, group, key, ...shared }) => {
    const url = below(apiUrl(shared.url), '/signups');
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const wanted = new Map<string, Style>(
      chosen === 'all' ? styles.map((style) => [tagged(email, style), style]) : [[email, chosen]],
    );
    const started: Signup[] = [];
    await forEach([...wanted.keys()], async (address) => {
      const body = { email: address, phone, name, group, style: wanted.get(address) };
      try {
        started.push(await read(Signup, url, { method: 'POST', headers, body }));
      } catch (error) {
        // All styles are those that are here.
        const isLeftOut = chosen === 'all' && error instanceof Refused && error.type === notHere;
        if (!isLeftOut) throw error;
        console.error(`${body.style}: ${error.message}`);
      }
    });
    if (started.length > 0) show(started);

    function show(signups: Signup[]): void {
      if (shared.json) return printJson(chosen === 'all' ? signups : signups[0]);
      console.log(signups.map(signupSheet).join('\n\n'));
      const ids = signups.map(({ id }) => id).join(' ');
      console.log(`\nHow it goes on: npm run signup -- history ${ids}`);
    }
  });

/** The address with the style added to its local part, as mail servers understand it. */
function tagged(email: string, style: Style): string {
  return email.replace(/@/, `+${style}@`);
}

export const showSignup = command('show')
  .summary('shows a signup')
  .description('Shows a signup: how far it is, who was reached, and what is parked.')
  .argument('<signup>', whichSignup)
  .action(async (word, shared) => {
    const base = apiUrl(shared.url);
    const signup = await readSignup(base, await signupMeant(base, word));
    if (shared.json) printJson(signup);
    else console.log(signupSheet(signup));
  });

const Clicked = z.object({ id: z.string(), status: z.string() });

export const verifySignups = command('verify')
  .summary('clicks verification links')
  .description(
    'Clicks the verification link. Takes links, tokens, or signups: then the link is taken from the built-in mailbox, where ' +
      'the mail has arrived.',
  )
  .argument('<signup-or-link...>', whichSignup)
  .action(async (words, shared) => {
    const base = apiUrl(shared.url);
    const all: z.output<typeof Clicked>[] = [];
    await forEach(words, async (word) => {
      const link = await linkOf(word, base);
      const response = await ask(link, { method: 'POST' });
      const clicked = understood(Clicked, await response.text(), link);
      all.push(clicked);
      if (shared.json) return;
      if (response.status === 202)
        console.log(`The click on signup ${clicked.id} is kept, and will be acted on.`);
      else console.log(`Signup ${clicked.id} is ${clicked.status}.`);
    });
    if (shared.json) printJson(words.length === 1 ? all[0] : all);
  });

async function linkOf(word: string, base: string): Promise<URL> {
  if (/^https?:\/\//.test(word) && URL.canParse(word)) return new URL(word);
  // A token begins with an id and a dot.
  if (/^[^@]{36}\./.test(word)) return below(base, `/verify/${encodeURIComponent(word)}`);
  const id = await signupMeant(base, word);
  const { email } = await readSignup(base, id);
  const mailbox = below(base, '/mailbox');
  mailbox.searchParams.set('to', email);
  const arrived = await read(z.array(Arrival), mailbox);
  const [link] = arrived.flatMap(({ signupId, links }) => (signupId === id ? links : []));
  if (link === undefined)
    throw new Failure(`No mail with the link of signup ${id} has arrived at ${email} yet.`);
  // The link names the API as it was when the mail left, and as it is reached from outside: only its token is wanted.
  return below(base, `/verify/${new URL(link).pathname.split('/').at(-1)}`);
}

export const resumeSignups = command('resume')
  .summary('tries again what is parked')
  .description('Tries again what is parked of signups.')
  .argument('<signup...>', whichSignup)
  .action(async (words, shared) => {
    const base = apiUrl(shared.url);
    const all: Signup[] = [];
    await forEach(words, async (word) => {
      const id = await signupMeant(base, word);
      // It answers with the signup as it was before.
      const signup = await read(Signup, below(base, `/signups/${id}/resume`), { method: 'POST' });
      all.push(signup);
      if (shared.json) return;
      if (signup.parked.length === 0) console.log(`Nothing of signup ${id} is parked.`);
      else console.log(`What is parked of signup ${id} is tried again: npm run signup -- history ${id}`);
    });
    if (shared.json) printJson(words.length === 1 ? all[0] : all);
  });

export const fastForwardSignups = command('fast-forward')
  .summary('moves the clocks of signups')
  .description(
    'Moves the clocks of signups: by 90m, 24h, 7d. What is due meanwhile happens, in its order: retries, reminders, the end of ' +
      'the deadline. No other signup is moved.',
  )
  .usage('[options] <signup...> <duration>')
  .argument('<signup>', whichSignup)
  .argument('[further...]', 'further signups, and the duration')
  .action(async (first, further, shared) => {
    const words = [first, ...further.slice(0, -1)];
    const by = duration(further.at(-1));
    const base = apiUrl(shared.url);
    const all: Signup[] = [];
    await forEach(words, async (word) => {
      const id = await signupMeant(base, word);
      const url = below(base, `/signups/${id}/fast-forward`);
      const signup = await read(Signup, url, { method: 'POST', body: { by } });
      all.push(signup);
      if (!shared.json)
        console.log(`${signupSheet(signup)}\n\nWhat happened meanwhile: npm run signup -- history ${id}`);
    });
    if (shared.json) printJson(words.length === 1 ? all[0] : all);
  });

/** A span of time as the API takes it. */
function duration(word: string | undefined): string {
  if (word !== undefined && Duration.safeParse(word).success) return word;
  const wrong = word === undefined ? 'the duration is missing' : `\`${word}\` is no span of time`;
  throw new WrongUsage(`${wrong}, expected one such as 90m, 24h or 7d, at most 30d`);
}

export const listSignups = command('list')
  .summary('lists signups, newest first')
  .description(
    'Lists signups, newest first, and whose they are: each is looked up for that, so not with --all.',
  )
  .addOption(new Option('--style <style>', 'only of one style').choices(styles))
  .addOption(new Option('--status <status>', 'only those that are at').choices(statuses))
  .option('--group <name>', 'only what was started under this name')
  .option('--limit <n>', `at most so many at a time, up to ${longestPage}`, wholeNumber(1, longestPage))
  .option('--all', 'every page of them')
  .action(async ({ style, status, group, limit, all, ...shared }) => {
    const base = apiUrl(shared.url);
    const url = below(base, '/signups');
    for (const [name, value] of Object.entries({ style, status, group, limit })) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const listed: ListedSignup[] = [];
    let next: string | null;
    do {
      const page = await read(SignupPage, url);
      listed.push(...page.items);
      ({ next } = page);
      if (next !== null) url.searchParams.set('cursor', next);
    } while (all && next !== null);
    const signups = all ? listed : await whose(base, listed);
    if (shared.json) return printJson(signups);
    const none = style || status || group ? 'There is no such signup.' : 'There is no signup yet.';
    console.log(signups.length === 0 ? none : signupList(signups));
    if (next !== null) console.log('\nThere are more: --all shows them.');
  });
