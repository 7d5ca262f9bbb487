/** What a user of the stack does, over HTTP: sign up, look, click, read the mailbox; and what providers are told to do. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../domain/history.ts';
import type { Channel } from '../domain/process.ts';
import type { Signup, SignupRequest, Style } from '../domain/signup.ts';
import { traits } from '../domain/styles.ts';
import { signupIdOf, verificationLink } from '../domain/tokens.ts';
import type { Arrival } from '../http/schemas.ts';
import { until } from '../adapters/waiting.ts';
import { theStack } from './stack.ts';

/** An answer with its body read. */
export type Reply<Body = unknown> = { status: number; headers: Headers; body: Body };

export type Letter = Arrival;

/** The body of an error. */
export type Problem = {
  type: string;
  title: string;
  detail?: string;
  errors?: { field: string; message: string }[];
};

/** An address that no other test uses. */
export const uniqueEmail = (domain = 'example.com') => `t-${randomUUID()}@${domain}`;

/** A phone number that no other test uses, or as good as. */
export const uniquePhone = () =>
  `+1999${Math.floor(Math.random() * 1e10)
    .toString()
    .padStart(10, '0')}`;

/** A request that no other test makes: with name and phone unless told otherwise. */
export function uniqueRequest(style: Style, overrides: Partial<SignupRequest> = {}): SignupRequest {
  return { email: uniqueEmail(), phone: uniquePhone(), name: 'Ada Lovelace', style, ...overrides };
}

/** Sends a request to the api, or to the one at `url`; JSON in, JSON out. */
export async function send<Body>(
  method: string,
  path: string,
  {
    body,
    headers = {},
    url = theStack().urls.api,
  }: { body?: unknown; headers?: Record<string, string>; url?: string } = {},
): Promise<Reply<Body>> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : text) as Body,
  };
}

/** `POST /signups`. */
export function postSignup(
  request: SignupRequest,
  options: { key?: string; url?: string } = {},
): Promise<Reply<Signup & Problem>> {
  const { key, url } = options;
  return send('POST', '/signups', {
    body: request,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    ...(url === undefined ? {} : { url }),
  });
}

/** Asks again, for as long as the answer is that a part it needs has not answered in time. */
function untilAnswered<Body>(what: string, ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
  return until(`an answer to ${what}`, async () => {
    const reply = await ask();
    if (reply.status !== 503) return reply;
    throw new Error(JSON.stringify(reply.body));
  });
}

/** `POST /signups` as a careful client does it: repeats a 503 with its key, which is safe, until there is an answer. */
export function postUntilAnswered(
  request: SignupRequest,
  options: { key?: string; url?: string } = {},
): Promise<Reply<Signup & Problem>> {
  const repeated = { key: randomUUID(), ...options };
  return untilAnswered(`the signup of ${request.email}`, () => postSignup(request, repeated));
}

/** The same, repeated also while the answer is that step 1 is not done yet, so that it says what step 1 came to. */
export function postUntilOpened(
  request: SignupRequest,
  options: { key?: string } = {},
): Promise<Reply<Signup & Problem>> {
  const repeated = { key: randomUUID(), ...options };
  return until(`step 1 of the signup of ${request.email}`, async () => {
    const reply = await postUntilAnswered(request, repeated);
    if (reply.body.status !== 'opening') return reply;
    throw new Error(JSON.stringify(reply.body));
  });
}

/** Whether a signup is accepted, or refused for its address; of one that is still `opening` when answered, that shows later. */
export async function isAccepted(request: SignupRequest): Promise<boolean> {
  const { status, body } = await postUntilAnswered(request);
  if (status === 409) {
    assert.equal(body.type, 'urn:duet:problem:email-taken');
    return false;
  }
  if (body.type === 'urn:duet:problem:undeliverable') return true;
  assert.equal(status, startedStatus(request.style), JSON.stringify(body));
  const opened = await signupThat('is opened', body.id, (signup) => signup.status !== 'opening');
  return opened.status !== 'refused';
}

/** How a request is answered that step 1 accepts: at once, or when all is done. */
export function startedStatus(style: Style): number {
  return traits[style].answersAfter === 'everything' ? 201 : 202;
}

/** Starts a signup that must be accepted. Where the answer comes after everything, it may be closed again by then. */
export async function startSignup(request: SignupRequest, options: { key?: string } = {}): Promise<Signup> {
  const { status, body, headers } = await postUntilAnswered(request, options);
  if (body.type === 'urn:duet:problem:undeliverable')
    return getSignup(headers.get('location')!.split('/').at(-1)!);
  assert.equal(
    status,
    startedStatus(request.style),
    `POST /signups answered ${status} ${JSON.stringify(body)}`,
  );
  return body;
}

/** Starts a signup and waits until step 1 is done: from then on its address is taken. */
export async function openedSignup(request: SignupRequest): Promise<Signup> {
  const { id } = await startSignup(request);
  return signupThat('is opened', id, ({ status }) => status !== 'opening');
}

/** `GET /signups/<id>` of a signup that must be there. */
export async function getSignup(id: string): Promise<Signup> {
  const path = `/signups/${id}`;
  const { status, body } = await untilAnswered(`GET ${path}`, () => send<Signup>('GET', path));
  assert.equal(status, 200, `GET ${path} answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Waits until a signup is as wanted, and returns it. */
export function signupThat(what: string, id: string, isSo: (signup: Signup) => boolean): Promise<Signup> {
  return until(`signup ${id} ${what}`, async () => {
    const signup = await getSignup(id);
    if (isSo(signup)) return signup;
    throw new Error(JSON.stringify(signup));
  });
}

/** Starts a signup and waits until its welcome was sent and recorded. */
export async function notifiedSignup(request: SignupRequest): Promise<Signup> {
  const { id } = await startSignup(request);
  return signupThat('is notified', id, ({ notified }) => notified.email !== null);
}

/** Waits until a history is as wanted, and returns it. */
export function historyThat(
  what: string,
  id: string,
  isSo: (history: HistoryEntry[]) => boolean,
): Promise<HistoryEntry[]> {
  return until(`the history of ${id} that ${what}`, async () => {
    const { body } = await send<HistoryEntry[]>('GET', `/signups/${id}/history`);
    if (isSo(body)) return body;
    throw new Error(JSON.stringify(body));
  });
}

/** What arrived for an address or a phone number, newest first. */
export async function mailbox(to: string, limit = 50): Promise<Letter[]> {
  const path = `/mailbox?${new URLSearchParams({ to, limit: String(limit) }).toString()}`;
  const { status, body } = await untilAnswered(`GET ${path}`, () => send<Letter[]>('GET', path));
  assert.equal(status, 200);
  return body;
}

/** What messages are for, in alphabetical order. */
export function purposesOf(letters: { purpose: string | null }[]): (string | null)[] {
  return letters.map(({ purpose }) => purpose).toSorted();
}

/** Waits for a message of a purpose to an address or number. */
export function arrival(to: string, purpose: string): Promise<Letter> {
  return until(`the ${purpose} message to ${to}`, async () => {
    const letters = await mailbox(to);
    return letters.find((letter) => letter.purpose === purpose);
  });
}

/** The path of the verification link in the welcome mail, once it is there. */
export async function linkIn(email: string): Promise<string> {
  const { links } = await arrival(email, 'welcome');
  assert.equal(links.length, 1, 'the welcome mail has one link');
  return new URL(links[0]!).pathname;
}

/** `POST /verify/<token>`. */
export function click(path: string): Promise<Reply<{ id: string; status: string } & Problem>> {
  return send('POST', path);
}

/** Clicks again, which changes nothing, for as long as the answer is that the click is kept but not yet acted on, or was not taken in time. */
export function clickUntilActedOn(path: string): ReturnType<typeof click> {
  return until('the click to be acted on', async () => {
    const reply = await click(path);
    return ![202, 503].includes(reply.status) && reply;
  });
}

/** Has what is parked of a signup tried again, as an operator would. */
export async function resume(id: string): Promise<void> {
  const path = `/signups/${id}/resume`;
  const { status, body } = await untilAnswered(`POST ${path}`, () => send('POST', path));
  assert.equal(status, 202, `POST ${path} answered ${status} ${JSON.stringify(body)}`);
}

/** The id of the signup that a style and an Idempotency-Key stand for, or of one that no other test has. */
export function idOf(style: Style, idempotencyKey: string = randomUUID()): string {
  return signupIdOf(style, idempotencyKey, theStack().environmentOf('api')['VERIFICATION_KEY']!);
}

/** The path of a signup's verification link, made with the key that the accounts service has. */
export async function linkOf(signupId: string): Promise<string> {
  const { VERIFICATION_KEY } = theStack().environmentOf('api');
  return new URL(verificationLink(signupId, VERIFICATION_KEY!, 'http://any')).pathname;
}

/** Tells the built-in providers to misbehave towards an address or number; see `tools/platform/mailbox/scenarios.ts`. */
export async function beginScenario(scenario: Record<string, unknown>): Promise<void> {
  await misbehaving(scenario);
}

/**
 * Has a provider misbehave until `end`, which has it take and answer what hangs; `count` says how many messages were met by it. To end a
 * scenario by its address lets nothing go.
 */
export async function misbehaving(
  scenario: Record<string, unknown>,
): Promise<{ count(): Promise<number>; end(): Promise<void> }> {
  const url = theStack().urls.mailbox!;
  const { status, body } = await send<{ id: string }>('POST', '/scenarios', { body: scenario, url });
  assert.ok(status < 300, `the mailbox refused the scenario: ${JSON.stringify(body)}`);
  return {
    async count() {
      const { body: all } = await send<{ id: string; used: number }[]>('GET', '/scenarios', { url });
      return all.find(({ id }) => id === body.id)?.used ?? 0;
    },
    async end() {
      assert.equal((await send('DELETE', `/scenarios/${body.id}`, { url })).status, 200);
    },
  };
}

/** Has a provider keep the next message to an address or number without an answer, until what is returned is called. */
export async function holdAtProvider(next: {
  channel: Channel;
  to: string;
  stage: 'data' | 'http';
}): Promise<() => Promise<void>> {
  return (await misbehaving({ ...next, hangMs: 60_000, times: 1 })).end;
}

/** Waits until a provider has begun to misbehave towards an address or number. */
export async function untilScenarioUsed(to: string): Promise<void> {
  await until(`the provider to misbehave towards ${to}`, async () => {
    const { body } = await send<{ to: string; used: number }[]>('GET', '/scenarios', {
      url: theStack().urls.mailbox!,
    });
    return body.some((scenario) => scenario.to === to && scenario.used > 0);
  });
}

/** Lets the providers behave towards an address or number again. */
export async function endScenario(to: string): Promise<void> {
  await send('DELETE', `/scenarios?${new URLSearchParams({ to }).toString()}`, {
    url: theStack().urls.mailbox!,
  });
}
