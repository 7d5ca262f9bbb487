/** The OpenAPI document, made from the schemas that validate. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import { Balance } from '../domain/balance.ts';
import { HistoryEntry } from '../domain/history.ts';
import { IdempotencyKey, Signup, SignupRequest, styles } from '../domain/signup.ts';
import { FeedEntry } from '../domain/tracked.ts';
import { ProblemDetails } from './problems.ts';
import { Readiness } from './readiness.ts';
import {
  Arrival,
  eventsHeader,
  eventsQuery,
  FastForward,
  listQuery,
  mailboxQuery,
  SignupPage,
} from './schemas.ts';

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemDetails } },
});
const historyEntry = HistoryEntry.meta({ id: 'HistoryEntry' });
const signup = Signup.meta({ id: 'Signup' });
const readiness = z.partialRecord(z.enum(styles), Readiness);
const clicked = z.object({ id: z.uuid(), status: z.enum(['activated', 'pending']) });
/** A path that is only looked at, and always there. */
const always = (summary: string, response: ZodOpenApiResponseObject) => ({
  get: { summary, responses: { 200: response } },
});
const badRequest = problem('Not a valid request');
const up = z.object({ status: z.literal('up') });
const page = (description: string) => ({ description, content: { 'text/html': { schema: z.string() } } });
const jsonOrPage = (description: string) => ({
  description,
  content: { ...json(clicked).content, ...page('').content },
});
const problemOrPage = (description: string) => ({
  description,
  content: { ...problem('').content, ...page('').content },
});
const notAvailable = problem('Not available; `Retry-After` says when to try again');
const repeatLater = problem(
  'Not available; `Retry-After` says when to try again, and that repeating it (with the same key) is safe',
);

const notOperator = problem(
  'Not an operator, or called by another name than its own, or by a page of another site',
);
const elsewhere = problem('Called by another name than its own, or by a page of another site');

/** The document that `/openapi.json` serves. */
export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Duet', version: '0.5.0', description: 'One signup, coordinated in six styles.' },
    components: { schemas: { FeedEntry: FeedEntry.meta({ id: 'FeedEntry' }) } },
    paths: guarded({
      '/signups': {
        get: {
          summary: 'The signups of every style, newest first, as the tracker knows them (operators)',
          requestParams: { query: listQuery },
          responses: {
            200: { description: 'A page; empty as long as the tracker never ran', ...json(SignupPage) },
            400: badRequest,
            403: notOperator,
            503: notAvailable,
          },
        },
        post: {
          summary: 'Start a signup',
          requestParams: { header: z.object({ 'Idempotency-Key': IdempotencyKey.optional() }) },
          requestBody: { required: true, ...json(SignupRequest.meta({ id: 'SignupRequest' })) },
          responses: {
            201: {
              description:
                'Finished: how the channels were reached is in `notified`. Of styles that answer after everything',
              ...json(signup),
              headers: z.object({ Location: z.string() }),
            },
            202: {
              description: 'Accepted; `opening` where step 1 took longer than 2 s',
              ...json(signup),
              headers: z.object({ Location: z.string() }),
            },
            400: problem('Not a valid request; nothing was stored'),
            409: problem('The e-mail address is taken; or the signup of this Idempotency-Key was closed'),
            413: problem('Over 16 KiB'),
            415: problem('Not JSON'),
            422: problem(
              'The Idempotency-Key was used for another request; or, of styles that answer after everything, the address cannot be reached and the account was closed again',
            ),
            503: problem(
              'Not available, not finished, or exhausted; `Retry-After` says when to try again, and that repeating it with the same key is safe. Or the style is not here: what it lacks, and what to do about it',
            ),
          },
        },
      },
      '/signups/{id}': {
        get: {
          summary: 'Where a signup is',
          requestParams: { path: z.object({ id: z.uuid() }) },
          responses: {
            200: { description: 'The signup', ...json(signup) },
            400: badRequest,
            404: problem('No such signup'),
            503: notAvailable,
          },
        },
      },
      '/signups/{id}/history': {
        get: {
          summary: 'What has come of its steps: a row per step and per wait, the same for every style',
          requestParams: { path: z.object({ id: z.uuid() }) },
          responses: {
            200: { description: 'In the order of the process', ...json(z.array(historyEntry)) },
            400: badRequest,
            404: problem('No such signup'),
            503: notAvailable,
          },
        },
      },
      '/signups/{id}/resume': {
        post: {
          summary: 'Try again what is parked of a signup (operators); repeating it does no harm',
          requestParams: { path: z.object({ id: z.uuid() }) },
          responses: {
            202: { description: 'Asked for; the signup as it was', ...json(signup) },
            400: badRequest,
            403: notOperator,
            404: problem('No such signup'),
            503: repeatLater,
          },
        },
      },
      '/signups/{id}/fast-forward': {
        post: {
          summary:
            'Move the clock of this signup by exactly so much (operators): what is due meanwhile happens in its order. Repeating it moves it again',
          requestParams: { path: z.object({ id: z.uuid() }) },
          requestBody: { required: true, ...json(FastForward.meta({ id: 'FastForward' })) },
          responses: {
            200: { description: 'Moved, and nothing of it is due any more; the signup', ...json(signup) },
            400: badRequest,
            403: notOperator,
            404: problem('No such signup'),
            409: problem(
              'It has ended; or the Temporal server in use cannot skip time, and what to do about it',
            ),
            413: problem('Over 16 KiB'),
            415: problem('Not JSON'),
            503: notAvailable,
            504: problem('Moved by so much, and then it did not come to rest: what it waits for'),
          },
        },
      },
      '/accounts/{id}/balance': {
        get: {
          summary: 'What the account of a signup holds (operators): the same answer for every style',
          requestParams: { path: z.object({ id: z.uuid() }) },
          responses: {
            200: { description: 'The balance', ...json(Balance.meta({ id: 'Balance' })) },
            400: badRequest,
            403: notOperator,
            404: problem('No such account'),
            410: problem('The account was closed'),
            503: notAvailable,
          },
        },
      },
      '/events': {
        get: {
          summary:
            'Everything that happens, in every style, as server-sent events (operators); from the present end unless told otherwise',
          requestParams: { header: eventsHeader, query: eventsQuery },
          responses: {
            200: {
              description:
                'A stream of events `step`; the data of each is a FeedEntry, its `id` is what `Last-Event-ID` resumes after',
              content: { 'text/event-stream': { schema: z.string() } },
            },
            400: badRequest,
            403: notOperator,
            503: problem('Not available, or too many readers'),
          },
        },
      },
      '/metrics': always(
        'Metrics of this process in the text format of Prometheus; what cannot be read is absent',
        { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
      ),
      '/verify/{token}': {
        get: {
          summary: 'The page behind the link: one button, no effect',
          requestParams: { path: z.object({ token: z.string() }) },
          responses: {
            200: page('The page'),
            400: badRequest,
            404: problemOrPage('An unknown or forged link'),
          },
        },
        post: {
          summary: 'The click; answered with a page where HTML is asked for',
          requestParams: { path: z.object({ token: z.string() }) },
          responses: {
            200: jsonOrPage('The account is active'),
            202: jsonOrPage('Kept, but not yet acted on'),
            400: badRequest,
            404: problemOrPage('An unknown or forged link'),
            410: problemOrPage('The account was closed'),
            503: repeatLater,
          },
        },
      },
      '/mailbox': {
        get: {
          summary: 'What really arrived (operators; built-in providers only)',
          requestParams: { query: mailboxQuery },
          responses: {
            200: { description: 'Newest first', ...json(z.array(Arrival)) },
            400: badRequest,
            403: notOperator,
            404: problem('Other providers are used'),
            503: problem('The mailbox does not answer'),
          },
        },
      },
      '/health/live': always('Whether the process runs', { description: 'It does', ...json(up) }),
      '/health/ready': {
        get: {
          summary: 'Whether signups can be taken: at least one style, or the one asked for',
          requestParams: { query: z.object({ style: z.enum(styles).optional() }) },
          responses: {
            200: { description: 'Yes', ...json(readiness) },
            400: badRequest,
            503: { description: 'No; names what is missing', ...json(readiness) },
          },
        },
      },
      '/openapi.json': always('This document', { description: 'OpenAPI 3.1', ...json(z.looseObject({})) }),
      '/': always('The start page; operators also see the latest signups', page('The page')),
    }),
  });
}

/** Every operation may answer so, before anything else. */
function guarded(paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  for (const operation of Object.values(paths).flatMap(({ get, post }) => [get, post]))
    if (operation) operation.responses = { 403: elsewhere, ...operation.responses };
  return paths;
}
