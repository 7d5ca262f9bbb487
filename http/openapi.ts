/** The OpenAPI document, made from the schemas that validate. */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { Balance } from '../domain/balance.ts';
import { styles } from '../domain/signup.ts';
import { FeedEntry } from '../domain/tracked.ts';
import {
  badRequest,
  clickedOrPage,
  elsewhere,
  json,
  notAvailable,
  notOperator,
  page,
  problem,
  problemOrPage,
  repeatLater,
} from './openapi-answers.ts';
import { Readiness } from './readiness.ts';
import { faultPaths } from './openapi-faults.ts';
import { crowdPaths } from './openapi-crowd.ts';
import { operatorPaths } from './openapi-operators.ts';
import { signupPaths } from './openapi-signups.ts';
import { Arrival, eventsHeader, eventsQuery, mailboxQuery } from './schemas.ts';

const readiness = z.partialRecord(z.enum(styles), Readiness);
const up = z.object({ status: z.literal('up') });

/** A path that is only looked at, and always there. */
const always = (summary: string, response: ZodOpenApiResponseObject) => ({
  get: { summary, responses: { 200: response } },
});

/** The document that `/openapi.json` serves. */
export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Duet', version: '0.6.0', description: 'One signup, coordinated in six styles.' },
    components: { schemas: { FeedEntry: FeedEntry.meta({ id: 'FeedEntry' }) } },
    paths: guarded({
      ...signupPaths,
      ...faultPaths,
      ...crowdPaths,
      ...operatorPaths,
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
              headers: z.object({
                'Last-Event-ID': z.string().describe('After which entry it begins'),
              }),
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
          summary: 'The page behind the link: one button, no effect; says so where the account was closed',
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
            200: clickedOrPage('The account is active'),
            202: clickedOrPage('Kept, but not yet acted on'),
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
      '/': always('The live page for operators; the start page for all others', page('The page')),
      '/start': always('The start page; operators also see the latest signups', page('The page')),
      '/live': always(
        'The live page for all: it asks for the operator token, and shows nothing without it',
        page('The page'),
      ),
    }),
  });
}

const methods = ['get', 'post', 'put', 'delete'] as const;

/** Every operation may answer so, before anything else. */
function guarded(paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  const guard = (operation: ZodOpenApiOperationObject) => ({
    ...operation,
    responses: { 403: elsewhere, ...operation.responses },
  });
  return Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [
      path,
      Object.fromEntries(
        methods.flatMap((method) => {
          const operation = operations[method];
          return operation === undefined ? [] : [[method, guard(operation)]];
        }),
      ),
    ]),
  );
}
