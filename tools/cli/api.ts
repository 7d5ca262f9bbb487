/** The HTTP API as the command line uses it: where it is, and its errors in words. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { z } from 'zod';
import { readConfig } from '../../adapters/config.ts';
import { ProblemDetails } from '../../http/problems.ts';
import { homeFolder } from '../platform/folders.ts';
import { noneRuns, runningApi } from '../platform/running.ts';
import { commandsOf, Failure } from './program.ts';

/** Declares a command that asks the API. */
export const command = (name: string) =>
  commandsOf('signup')(name).option(
    '--url <url>',
    "where the API is; the running stack's when missing",
    httpUrl,
  );

/** Where the API is: as told, else that of the running stack. Throws where none runs: what answers at the usual port is another's. */
export function apiUrl(told: string | undefined): string {
  const home = homeFolder(process.env);
  const url = told ?? runningApi(home);
  if (url !== undefined) return url;
  throw new Failure(noneRuns(home, { elsewhere: '--url names an API elsewhere' }));
}

function httpUrl(told: string): string {
  if (/^https?:\/\/[^/]/.test(told) && URL.canParse(told)) return told;
  throw new InvalidArgumentError('Expected http(s)://….');
}

export type Ask = { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: unknown };

/** Asks the API. Resolves only with a good answer; throws `Refused` with what the API said, or `Unreachable`. */
export async function ask(
  url: URL,
  { method = 'GET', headers = {}, body }: Ask = {},
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Unreachable(url, cause);
  }
  if (response.ok) return response;
  throw new Refused(await response.text(), response.status, url);
}

/** Asks the API and reads its answer as what it should be. `token` opens the operator routes from another machine. */
export async function read<S extends z.ZodType>(
  schema: S,
  url: URL,
  request: Ask = {},
): Promise<z.output<S>> {
  const response = await ask(url, { ...request, headers: { ...asOperator(), ...request.headers } });
  return understood(schema, await response.text(), url);
}

/** The text of an answer as what it should be; a `Failure` where it is something else. */
export function understood<S extends z.ZodType>(schema: S, text: string, { href }: URL): z.output<S> {
  const answer = schema.safeParse(parsed(text));
  if (answer.success) return answer.data;
  throw new Failure(
    `${href} does not answer as Duet's API does; --url names another one.\n${z.prettifyError(answer.error)}`,
  );
}

/** What opens the operator routes from another machine. */
export function asOperator(): Record<string, string> {
  const { OPERATOR_TOKEN: token } = readConfig(['OPERATOR_TOKEN']);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The API said no. */
export class Refused extends Failure {
  override name = 'Refused';
  readonly status: number;
  /** Of its problem; undefined where it gave none. */
  readonly type: string | undefined;

  constructor(text: string, status: number, url: URL) {
    super(problemText(text, status, url));
    this.status = status;
    this.type = ProblemDetails.safeParse(parsed(text)).data?.type;
  }
}

/** Nobody answers there. */
export class Unreachable extends Failure {
  override name = 'Unreachable';

  constructor({ origin }: URL, cause: unknown) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : cause;
    super(
      [
        `The API at ${origin} does not answer (${String(reason)}).`,
        isOfRunningStack(origin)
          ? 'Its stack runs, so it may be starting again: repeat this in a moment.'
          : '`npm start` starts it; --url URL or DUET_HOME names another one.',
      ].join('\n'),
    );
  }
}

function isOfRunningStack(origin: string): boolean {
  const url = runningApi(homeFolder(process.env));
  return url !== undefined && new URL(url).origin === origin;
}

/** An error of the API in words: title and detail, and each field's complaint on a line of its own. */
function problemText(text: string, status: number, { href }: URL): string {
  const problem = ProblemDetails.safeParse(parsed(text));
  if (!problem.success) return `${href} answered ${status}: ${text.slice(0, 200)}`;
  const { title, detail, instance, errors = [] } = problem.data;
  // The detail of a request that is not valid only repeats the fields.
  const first = detail === undefined || errors.length > 0 ? title : `${title}: ${detail}`;
  return [
    first,
    ...errors.map(({ field, message }) => `  ${field}${message.startsWith('is ') ? '' : ':'} ${message}`),
    ...(instance === undefined ? [] : [`  the API's log says more about ${instance}`]),
  ].join('\n');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
