/** Errors as RFC 9457 problem details, each kind with a stable `type`. */
import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Exhausted, Unavailable, Unfinished, type RequiredPart } from '../domain/coordinator.ts';
import { NotSwitchable, SupervisorAway, SupervisorFailed } from '../domain/supervisor.ts';
import { anotherSite } from './guard.ts';

/** The kinds of problem: status and title. The key is the last part of `type`. */
const kinds = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'not-an-operator': { status: 403, title: 'This route is for operators' },
  'another-site': anotherSite,
  'not-found': { status: 404, title: 'Not found' },
  'unknown-link': { status: 404, title: 'This verification link was not made here' },
  'no-mailbox': { status: 404, title: 'There is no built-in mailbox' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'email-taken': { status: 409, title: 'The e-mail address is taken' },
  'no-crowd': { status: 409, title: 'There can be no crowd here' },
  'crowd-under-way': { status: 409, title: 'A crowd is under way' },
  ended: { status: 409, title: 'The signup has ended' },
  'no-time-skipping': { status: 409, title: 'The clock of this signup cannot be moved here' },
  'not-switchable': { status: 409, title: 'This cannot be switched here, or not now' },
  closed: { status: 410, title: 'The account was closed' },
  'too-large': { status: 413, title: 'The body is too large' },
  'not-json': { status: 415, title: 'The body must be JSON' },
  undeliverable: { status: 422, title: 'The e-mail address cannot be reached' },
  'key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'Not available at the moment' },
  unfinished: { status: 503, title: 'Not finished' },
  exhausted: { status: 503, title: 'No thread is free' },
  overloaded: { status: 503, title: 'Too much at once' },
  'no-supervisor': { status: 503, title: 'There is no supervisor to ask' },
  'style-not-here': { status: 503, title: 'This style is not here' },
  'not-at-rest': { status: 504, title: 'The signup did not come to rest' },
} as const;

export type ProblemKind = keyof typeof kinds;

/** When a request that was answered so may be repeated. */
const retryAfterSeconds: Partial<Record<ProblemKind, number>> = {
  unavailable: 2,
  unfinished: 2,
  overloaded: 2,
  exhausted: 1,
};

/** Answers of 5xx that tell of no trouble. */
const expected: ReadonlySet<ProblemKind> = new Set([
  'overloaded',
  'exhausted',
  'style-not-here',
  'no-supervisor',
]);

/** The body of every error. `errors` lists each field's complaint. */
export const ProblemDetails = z
  .object({
    type: z.string().describe('Stable: `urn:duet:problem:<kind>`'),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional().describe('Correlates a 5xx with the log'),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** What is wrong with a field of a request. */
export type Complaint = { field: string; message: string };

/** A request cannot be served; thrown by a route, answered by `answerProblems`. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly errors: Complaint[] | undefined;

  constructor(kind: ProblemKind, detail?: string, errors?: Complaint[]) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
  }
}

/** Parses with a schema; a mismatch is a 400 that lists each field's complaint. */
export function parseOr400<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: 'is not a known field' }))
      : [{ field: issue.path.join('.') || 'body', message: complaintOf(issue, value) }],
  );
  throw invalid(errors);
}

/** A 400 for these fields. */
export function invalid(errors: Complaint[]): Problem {
  const sentences = errors.map(({ field, message }) =>
    message.startsWith('is ') ? `${field} ${message}` : `${field}: ${message}`,
  );
  return new Problem('invalid-request', sentences.join('; '), errors);
}

/** Schemas say what they expect; of what is not there at all, that it is missing. */
function complaintOf({ path, message }: z.core.$ZodIssue, value: unknown): string {
  const given = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
  return given === undefined ? `is missing: ${message.replace(/^expected /, '')}` : message;
}

/** Turns whatever a route throws into problem details. A 5xx names nothing internal, only what to look for in the log. */
export function answerProblems(log: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    // The caller has left.
    if (response.destroyed) return;
    const { kind, detail, errors } = problemOf(error, request, response);
    const { status } = kinds[kind];
    const isLogged = status >= 500 && !expected.has(kind);
    const instance = isLogged ? `urn:uuid:${randomUUID()}` : undefined;
    const about = { instance, method: request.method, path: request.path };
    const seconds = retryAfterSeconds[kind];
    if (seconds !== undefined) response.setHeader('retry-after', String(seconds));
    // That a part is away is one problem, however many ask meanwhile, and no fault in the code.
    if (kind === 'unavailable' || kind === 'unfinished') {
      log.warn({ ...about, reason: error instanceof Error ? error.message : String(error) }, 'answered 503');
    } else if (isLogged) log.error({ ...about, err: error }, 'request failed');
    sendProblem(response, kind, { detail, instance, errors });
  };
}

function sendProblem(
  response: Response,
  kind: ProblemKind,
  more: Partial<Record<'detail' | 'instance', string | undefined>> & { errors?: Complaint[] | undefined },
): void {
  const { status, title } = kinds[kind];
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:duet:problem:${kind}`, title, status, ...more }));
}

function problemOf(
  error: unknown,
  request: Request,
  response: Response,
): { kind: ProblemKind; detail?: string; errors?: Complaint[] | undefined } {
  if (error instanceof Problem) {
    return { kind: error.kind, ...(error.message ? { detail: error.message } : {}), errors: error.errors };
  }
  if (error instanceof Unavailable) {
    return {
      kind: 'unavailable',
      detail: `${partNames[error.part]} does not answer.${howToRepeat(request, response)}`,
    };
  }
  if (error instanceof Unfinished) {
    const detail = `Repeat it${withItsKey(request, response)}: what was done stays done, and the rest is tried again.`;
    return { kind: 'unfinished', detail };
  }
  if (error instanceof Exhausted) return { kind: 'exhausted', detail: `${error.message}. Nothing was done.` };
  if (error instanceof NotSwitchable) return { kind: 'not-switchable', detail: error.message };
  if (error instanceof SupervisorAway) return { kind: 'no-supervisor', detail: error.message };
  if (error instanceof SupervisorFailed) return { kind: 'unavailable', detail: error.message };
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return { kind: 'too-large', detail: 'at most 16 KiB' };
  if (status === 415) return { kind: 'not-json' };
  // What the body parser or the router could not read: malformed JSON, a bad escape in the path.
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const message = error instanceof Error ? error.message : '';
    const field = error instanceof URIError ? 'path' : 'body';
    return { kind: 'invalid-request', detail: message, errors: [{ field, message }] };
  }
  return { kind: 'internal' };
}

const partNames: Record<RequiredPart, string> = {
  database: 'The database',
  temporal: 'Temporal',
  notifications: 'The notifications service',
};

/** What was to change something may have done so: the answer says whether repeating it is safe. */
function howToRepeat(request: Request, response: Response): string {
  const { method, path } = request;
  if (method !== 'POST') return '';
  // The only request that does more when it is repeated.
  if (path.endsWith('/fast-forward'))
    return ' Whether the clock was moved, and how far, the history of the signup shows.';
  return ` Whether this request took effect is not known; repeating it${withItsKey(request, response)} is safe.`;
}

/** Only a request to sign up has one: its own, or the one that was made for it. */
function withItsKey(request: Request, response: Response): string {
  const key = response.get('idempotency-key');
  if (key === undefined) return '';
  const isGiven = request.get('idempotency-key') !== undefined;
  return isGiven ? ' with the same Idempotency-Key' : ` with the Idempotency-Key ${key}`;
}
