/** One request and its answer, as it went over the wire; every answer is held against `/openapi.json`. */
import { strict as assert } from 'node:assert';
import { getGlobalDispatcher } from 'undici';
import { pause } from '../../adapters/waiting.ts';
import type { Problem } from '../client.ts';
import { theStack } from '../stack.ts';
import { assertConforms, isDocumented, type Answered } from './documented.ts';

/** An answer. `body` is parsed where it is JSON, else text. */
export type Exchanged<Body = unknown> = Answered & { headers: Record<string, string>; body: Body };

type Options = {
  /** An object is sent as JSON, text as it is, and then without a content type. */
  body?: unknown;
  headers?: Record<string, string>;
  url?: string;
};

/**
 * Sends a request with any header there is, `Host` included, and any path. Fails where the answer is not one that is
 * documented for this operation.
 */
export async function exchange<Body = unknown>(
  method: string,
  path: string,
  { body, headers = {}, url = theStack().urls.api }: Options = {},
): Promise<Exchanged<Body>> {
  const isText = typeof body === 'string';
  // Not `fetch`: it sends no `Host` of ours, and puts right what is wrong with a path.
  const answer = await getGlobalDispatcher().request({
    origin: url,
    path,
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    // A fast-forward, or the start of a process, is answered once it is done.
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });
  const text = await answer.body.text();
  const answered = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
  );
  const { 'content-type': contentType = '' } = answered;
  const exchanged = {
    status: answer.statusCode,
    headers: answered,
    contentType,
    body: (/json/.test(contentType) && method !== 'HEAD' ? JSON.parse(text) : text) as Body,
  };
  if (isDocumented(path, method)) assertConforms(path, method, exchanged);
  return exchanged;
}

/**
 * Asks, again for as long as the answer is one that time mends, and gives the last answer. For what takes effect once, however often it
 * is asked for. An answer that is not as documented fails at once, where `until` would ask again.
 */
export async function askWhile<Answer extends Exchanged>(
  isLate: (answer: Answer) => boolean,
  ask: () => Promise<Answer>,
  withinMs = 20_000,
): Promise<Answer> {
  const giveUpAt = Date.now() + withinMs;
  let answer = await ask();
  while (isLate(answer) && Date.now() < giveUpAt) {
    await pause(100);
    answer = await ask();
  }
  return answer;
}

/** Fails unless an answer is a problem of this kind; with `fields`, that it complains of exactly these. */
export function assertProblem(
  { status, contentType, body }: Exchanged,
  expected: { status: number; kind: string; title: string; fields?: string[] },
): Problem {
  const problem = body as Problem & { status: number };
  assert.equal(status, expected.status, JSON.stringify(body));
  assert.match(contentType, /^application\/problem\+json(;|$)/);
  assert.equal(problem.type, `urn:duet:problem:${expected.kind}`);
  assert.equal(problem.title, expected.title);
  assert.equal(problem.status, status);
  if (expected.fields) {
    const fields = (problem.errors ?? []).map(({ field }) => field).toSorted();
    assert.deepEqual(fields, expected.fields.toSorted(), problem.detail ?? '');
    for (const { message } of problem.errors ?? []) assert.ok(message.length > 0, 'each says what is wrong');
  }
  return problem;
}

/** Fails unless an answer is a 400 that complains of exactly these fields. */
export function assertInvalid(answer: Exchanged, ...fields: string[]): Problem {
  const title = 'The request is not valid';
  return assertProblem(answer, { status: 400, kind: 'invalid-request', title, fields });
}
