/**
 * What is answered while a part is away: what each style needs for its answers, and nothing else; and that whatever was taken
 * meanwhile ends right. The tables in `docs/what-must-be-up.md` are what this test sees.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { styles, type Signup, type Style } from '../../domain/signup.ts';
import { needsOf, traits, type Part as Needed } from '../../domain/styles.ts';
import { arrival, linkOf, mailbox, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { askWhile, assertProblem, exchange, type Exchanged } from './exchange.ts';
import { listen } from './listener.ts';
import {
  committedAnswers,
  committedLines,
  heads,
  linesOf,
  type Answers,
  type Request,
} from './outage-table.ts';

const none: readonly Style[] = [];

/** The parts, and the styles that notify without them. The mailbox is the provider of mail and SMS; the tracker only watches. */
const parts = {
  postgres: doingWithout('postgres'),
  temporal: doingWithout('temporal'),
  rabbitmq: doingWithout('rabbitmq'),
  kafka: doingWithout('kafka'),
  accounts: none,
  notifications: doingWithout('notifications'),
  tracker: styles,
  mailbox: doingWithout('mail'),
} satisfies Record<string, readonly Style[]>;
type Part = keyof typeof parts;

function doingWithout(part: Needed): readonly Style[] {
  return styles.filter((style) => !needsOf(style).includes(part));
}

/** What was asked of one style: a signup from before, and one that is new. */
type Asked = {
  style: Style;
  earlier: Signup;
  click: () => Promise<Exchanged>;
  post: () => Promise<Exchanged<Signup>>;
  email: string;
};

/** The requests of the tables. The click comes last: it changes what the others see. */
const requests: Record<Request, (asked: Asked) => Promise<Exchanged>> = {
  'POST /signups': ({ post }) => post(),
  'GET /signups/<id>': ({ earlier }) => exchange('GET', `/signups/${earlier.id}`),
  'POST /signups/<id>/resume': ({ earlier }) => exchange('POST', `/signups/${earlier.id}/resume`),
  'GET /signups?style=': ({ style }) => exchange('GET', `/signups?style=${style}`),
  'GET /accounts/<id>/balance': ({ earlier }) => exchange('GET', `/accounts/${earlier.id}/balance`),
  'GET /events': listening,
  'GET /mailbox?to=': ({ email }) => exchange('GET', `/mailbox?to=${email}`),
  'GET /health/ready?style=': ({ style }) => exchange('GET', `/health/ready?style=${style}`),
  'POST /verify/<token>': ({ click }) => click(),
};

const asking = Object.keys(requests) as Request[];

describe('The tables of what must be up', () => {
  it('are one for each request, with a column for each style', async () => {
    assert.deepEqual(await committedLines('without'), heads());
  });
});

for (const part of Object.keys(parts) as Part[]) {
  describe(`Without ${part}`, () => {
    it('each request is answered as the tables say, and whatever was taken ends right', async () => {
      const asked = await Promise.all(styles.map(someone));
      let answers: Record<Request, string>[] = [];
      await without(part, async () => {
        answers = await Promise.all(asked.map((one) => answersTo(part, one)));
        assert.equal((await exchange('GET', '/health/ready')).status, 200, 'one style can take signups');
        assert.equal((await exchange('GET', '/health/live')).status, 200);
        for (const page of ['/', '/start'])
          assert.equal((await exchange('GET', page, { headers: { accept: 'text/html' } })).status, 200);
        for (const { style, email } of asked) {
          if (parts[part].includes(style)) await arrival(email, 'welcome');
        }
      });
      await Promise.all(asked.map(endsRight));
      const lines = linesOf(part, inColumns(answers));
      assert.deepEqual(
        await committedLines(part),
        lines,
        `docs/what-must-be-up.md differs from what was seen:\n${lines.join('\n')}\n`,
      );
    }).timeout(180_000);
  });
}

/**
 * What a style answers to each request, one after the other; the styles are asked side by side. What differs from the table because it
 * was not done in time, on a machine with much to do, is asked for again: what is held does not come back by that.
 */
async function answersTo(part: Part, asked: Asked): Promise<Record<Request, string>> {
  const answers = {} as Record<Request, string>;
  const expected = await committedAnswers(part, asked.style);
  const giveUpAt = Date.now() + 20_000;
  for (const request of asking) {
    const ask = async () => {
      const answer = await requests[request](asked);
      if (answer.status === 503) assertUnavailable(request, answer);
      return answer;
    };
    const isLate = (answer: Exchanged) =>
      inWords(answer) !== expected[request] && mayBeLate(asked.style, answer);
    answers[request] = inWords(await askWhile(isLate, ask, giveUpAt - Date.now()));
  }
  return answers;
}

/** Whether an answer says that something is still to be done: 202 says so of a workflow only. */
function mayBeLate(style: Style, { status }: Exchanged): boolean {
  return status === 503 || (status === 202 && traits[style].mechanism === 'workflow');
}

function inColumns(answers: readonly Record<Request, string>[]): Answers {
  return Object.fromEntries(
    asking.map((request) => [request, answers.map((each) => each[request])]),
  ) as Answers;
}

/** A signup of a style that is notified, and a request for another one. */
async function someone(style: Style): Promise<Asked> {
  const { id } = await startSignup(uniqueRequest(style));
  const earlier = await signupThat('is notified', id, ({ notified }) => notified.email !== null);
  const link = await linkOf(id);
  const request = uniqueRequest(style);
  const headers = { 'idempotency-key': randomUUID() };
  return {
    style,
    earlier,
    click: () => exchange('POST', link),
    post: () => exchange<Signup>('POST', '/signups', { body: request, headers }),
    email: request.email,
  };
}

/** Holds a part while `use` runs; afterwards all is as before, whatever came of it. */
async function without(part: Part, use: () => Promise<void>): Promise<void> {
  const stack = theStack();
  try {
    await stack.hold(part);
    await use();
  } finally {
    await stack.release(part);
    for (const name of [part, 'api', 'accounts', 'notifications', 'tracker'] as const)
      await stack.untilReady(name);
  }
}

/** What was answered with 503 is repeated until it is taken; what was taken takes effect, once. */
async function endsRight({ earlier, click, post, email }: Asked): Promise<void> {
  const { body } = await untilTaken('the signup', post);
  await signupThat('is notified', (body as Signup).id, ({ notified }) => notified.email === 'sent');
  await arrival(email, 'welcome');
  assert.equal((await mailbox(email)).length, 1, 'one mail');
  await untilTaken('the click', click);
  await signupThat('is activated', earlier.id, ({ status }) => status === 'activated');
  await arrival(earlier.email, 'activated');
  const purposes = (await mailbox(earlier.email)).map(({ purpose }) => purpose);
  assert.deepEqual(purposes.toSorted(), ['activated', 'welcome'], 'each mail once');
}

const untilTaken = (what: string, ask: () => Promise<Exchanged>) =>
  until(`${what} to be taken`, async () => {
    const answer = await ask();
    if (answer.status < 300) return answer;
    assert.equal(answer.status, 503);
    throw new Error(JSON.stringify(answer.body));
  });

function assertUnavailable(request: string, answer: Exchanged): void {
  if (request.includes('/health/')) return;
  assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, 'it says when to try again');
  if ((answer.body as { type?: string }).type === 'urn:duet:problem:unfinished') {
    const { detail = '' } = assertProblem(answer, { status: 503, kind: 'unfinished', title: 'Not finished' });
    assert.equal(/Idempotency-Key/.test(detail), request === 'POST /signups', detail);
    return;
  }
  const title = 'Not available at the moment';
  const { detail = '' } = assertProblem(answer, { status: 503, kind: 'unavailable', title });
  const isSafe = /Whether this request took effect is not known; repeating it .*is safe/;
  assert.equal(isSafe.test(detail), request.startsWith('POST'), detail);
  assert.equal(/Idempotency-Key/.test(detail), request === 'POST /signups', detail);
}

/** A stream does not end by itself; an answer that is none does. */
async function listening(): Promise<Exchanged> {
  const listener = await listen().catch(() => undefined);
  if (!listener) return exchange('GET', '/events');
  listener.leave();
  return { status: 200, headers: {}, contentType: 'text/event-stream', body: {} };
}

/** An answer as the table has it: its status, and what its body says in a word. */
function inWords({ status, body }: Exchanged): string {
  const { status: state } = body as { status?: unknown };
  if (typeof state === 'string') return `${status} ${state}`;
  if (JSON.stringify(body).includes('problem:unfinished')) return `${status} unfinished`;
  const [, away] =
    /"(?:missing|detail)":"(?:The )?(temporal|database|mailbox|notifications)/i.exec(JSON.stringify(body)) ??
    [];
  return away === undefined ? String(status) : `${status} ${away.toLowerCase()}`;
}
