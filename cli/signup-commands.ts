/** The commands that start a signup, look at signups, and act on one. */
import { z } from 'zod';
import { below } from '../domain/addresses.ts';
import { Duration } from '../domain/duration.ts';
import { Signup, outcomes, styles, type Style } from '../domain/signup.ts';
import { apiUrl, ask, command, read, understood } from './api.ts';
import { Failure, oneOf, printJson, WrongUsage, wholeNumber } from './program.ts';
import { isSignupId, signupIdTyped } from './signup-id.ts';
import { ListedSignup, signupList, signupSheet } from './signup-tables.ts';

/** `GET /signups/<id>`. */
export const readSignup = (base: string, id: string) => read(Signup, below(base, `/signups/${id}`));

export const startSignups = command({
  words: ['EMAIL'],
  summary: 'Signs somebody up.',
  details:
    'With both styles there are two signups. An address can be taken only once, so +choreography and +orchestration are\nadded to it, and mail servers deliver both to the same mailbox.',
  options: {
    style: { form: 'STYLE', description: 'choreography, orchestration or both; must be given' },
    phone: { form: '+15550001111', description: 'for an SMS beside the mail' },
    name: { form: 'NAME', description: 'how the mail addresses them' },
    key: { form: 'KEY', description: 'Idempotency-Key: the same key is the same signup' },
  },
  async run({ style, phone, name, key, ...shared }, [email = '']) {
    const chosen = oneOf(style, 'style', [...styles, 'both'] as const);
    if (chosen === undefined) throw new WrongUsage('--style is missing: choreography, orchestration or both');
    const url = below(apiUrl(shared.url), '/signups');
    const started: Signup[] = [];
    try {
      for (const each of chosen === 'both' ? styles : [chosen]) {
        const body = { email: chosen === 'both' ? tagged(email, each) : email, phone, name, style: each };
        const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
        started.push(await read(Signup, url, { method: 'POST', headers, body }));
      }
    } finally {
      // What was accepted is shown even where the second one was refused.
      if (started.length > 0) show(started);
    }

    function show(signups: Signup[]): void {
      if (shared.json) return printJson(chosen === 'both' ? signups : signups[0]);
      console.log(signups.map(signupSheet).join('\n\n'));
      const ids = signups.map(({ id }) => id).join(' ');
      console.log(`\nHow it goes on: npm run signup -- history ${ids}`);
    }
  },
});

/** The address with the style added to its local part, as mail servers understand it. */
function tagged(email: string, style: Style): string {
  return email.replace(/@/, `+${style}@`);
}

export const showSignup = command({
  words: ['ID'],
  summary: 'Shows a signup: how far it is, who was reached, and what is parked.',
  options: {},
  async run(shared, [id = '']) {
    const signup = await readSignup(apiUrl(shared.url), signupIdTyped(id));
    if (shared.json) printJson(signup);
    else console.log(signupSheet(signup));
  },
});

const Clicked = z.object({ id: z.string(), status: z.string() });

/** What matters here of a message that arrived. */
const Arrival = z.object({ signupId: z.string().nullable(), links: z.array(z.string()) });

export const verifySignup = command({
  words: ['ID-or-LINK'],
  summary: 'Clicks the verification link.',
  details:
    'Takes a link, a token, or the id of a signup: then the link is taken from the built-in mailbox, where the mail has arrived.',
  options: {},
  async run(shared, [word = '']) {
    const link = await linkOf(word, apiUrl(shared.url));
    const response = await ask(link, { method: 'POST' });
    const clicked = understood(Clicked, await response.text(), link);
    if (shared.json) printJson(clicked);
    else if (response.status === 202) {
      console.log(`The click on signup ${clicked.id} is kept, and will be acted on.`);
    } else console.log(`Signup ${clicked.id} is ${clicked.status}.`);
  },
});

async function linkOf(word: string, base: string): Promise<URL> {
  if (/^https?:\/\//.test(word) && URL.canParse(word)) return new URL(word);
  if (!isSignupId(word)) return below(base, `/verify/${encodeURIComponent(word)}`);
  const { email } = await readSignup(base, word);
  const mailbox = below(base, '/mailbox');
  mailbox.searchParams.set('to', email);
  const arrived = await read(z.array(Arrival), mailbox);
  const [link] = arrived.flatMap(({ signupId, links }) => (signupId === word.toLowerCase() ? links : []));
  if (link === undefined)
    throw new Failure(`No mail with the link of signup ${word} has arrived at ${email} yet.`);
  // The link names the API as it was when the mail left, and as it is reached from outside: only its token is wanted.
  return below(base, `/verify/${new URL(link).pathname.split('/').at(-1)}`);
}

export const resumeSignup = command({
  words: ['ID'],
  summary: 'Tries again what is parked of a signup.',
  options: {},
  async run(shared, [id = '']) {
    const url = below(apiUrl(shared.url), `/signups/${signupIdTyped(id)}/resume`);
    const signup = await read(Signup, url, { method: 'POST' });
    if (shared.json) return printJson(signup);
    console.log(`What is parked of signup ${id} is tried again: npm run signup -- history ${id}`);
  },
});

export const fastForwardSignup = command({
  words: ['ID', 'DURATION'],
  summary: 'Moves the clock of a signup: 90m, 24h, 7d.',
  details:
    'What is due meanwhile happens, in its order: retries, reminders, the end of the deadline. No other signup is moved.',
  options: {},
  async run(shared, [id = '', by = '']) {
    if (!Duration.safeParse(by).success) {
      throw new WrongUsage(`\`${by}\` is no span of time, expected one such as 90m, 24h or 7d, at most 30d`);
    }
    const url = below(apiUrl(shared.url), `/signups/${signupIdTyped(id)}/fast-forward`);
    const signup = await read(Signup, url, { method: 'POST', body: { by } });
    if (shared.json) return printJson(signup);
    console.log(`${signupSheet(signup)}\n\nWhat happened meanwhile: npm run signup -- history ${id}`);
  },
});

const Page = z.object({ items: z.array(ListedSignup), next: z.string().nullable() });

export const listSignups = command({
  words: [],
  summary: 'Lists signups, newest first.',
  options: {
    style: { form: 'STYLE', description: 'only choreography or orchestration' },
    status: { form: 'STATUS', description: `only opening, pending, ${outcomes.join(', ')}` },
    limit: { form: 'N', description: 'at most so many at a time' },
    all: { description: 'every page of them' },
  },
  async run({ style, status, limit, all, ...shared }) {
    const url = below(apiUrl(shared.url), '/signups');
    const asked = {
      style: oneOf(style, 'style', styles),
      status: oneOf(status, 'status', ['opening', 'pending', ...outcomes] as const),
      limit: wholeNumber(limit, 'limit'),
    };
    for (const [name, value] of Object.entries(asked)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const signups: ListedSignup[] = [];
    let next: string | null;
    do {
      const page = await read(Page, url);
      signups.push(...page.items);
      ({ next } = page);
      if (next !== null) url.searchParams.set('cursor', next);
    } while (all && next !== null);
    if (shared.json) return printJson(signups);
    console.log(signups.length === 0 ? 'There is no such signup.' : signupList(signups));
    if (next !== null) console.log('\nThere are more: --all shows them.');
  },
});
