/** The OpenAPI document, made from the schemas that validate. */
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { IdempotencyKey, Signup, SignupRequest, styles } from '../domain/signup.ts';
import { Arrival, mailboxQuery } from './mailbox.ts';
import { ProblemDetails } from './problems.ts';

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemDetails } },
});
const signup = Signup.meta({ id: 'Signup' });
const readiness = z.partialRecord(
  z.enum(styles),
  z.object({ ready: z.boolean(), missing: z.string().optional() }),
);
const clicked = z.object({ id: z.uuid(), status: z.enum(['activated', 'pending']) });
const page = (description: string) => ({ description, content: { 'text/html': { schema: z.string() } } });
const retryLater = problem(
  'Not available; `Retry-After` says when to try again, and repeating with the same key is safe',
);

/** The document that `/openapi.json` serves. */
export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Duet', version: '0.1.0', description: 'One signup, coordinated two ways.' },
    paths: {
      '/signups': {
        post: {
          summary: 'Start a signup',
          requestParams: { header: z.object({ 'Idempotency-Key': IdempotencyKey.optional() }) },
          requestBody: { required: true, ...json(SignupRequest.meta({ id: 'SignupRequest' })) },
          responses: {
            202: {
              description: 'Accepted; `opening` where step 1 took longer than 2 s',
              ...json(signup),
              headers: z.object({ Location: z.string() }),
            },
            400: problem('Not a valid request; nothing was stored'),
            409: problem('The e-mail address is taken'),
            413: problem('Over 16 KiB'),
            415: problem('Not JSON'),
            422: problem('The Idempotency-Key was used for another request'),
            503: retryLater,
          },
        },
      },
      '/signups/{id}': {
        get: {
          summary: 'Where a signup is',
          requestParams: { path: z.object({ id: z.uuid() }) },
          responses: {
            200: { description: 'The signup', ...json(signup) },
            404: problem('No such signup'),
            503: retryLater,
          },
        },
      },
      '/verify/{token}': {
        get: {
          summary: 'The page behind the link: one button, no effect',
          requestParams: { path: z.object({ token: z.string() }) },
          responses: { 200: page('The page'), 404: problem('An unknown or forged link') },
        },
        post: {
          summary: 'The click',
          requestParams: { path: z.object({ token: z.string() }) },
          responses: {
            200: { description: 'The account is active', ...json(clicked) },
            202: { description: 'Kept, but not yet acted on', ...json(clicked) },
            404: problem('An unknown or forged link'),
            410: problem('The account was closed'),
            503: retryLater,
          },
        },
      },
      '/mailbox': {
        get: {
          summary: 'What really arrived (operators; built-in providers only)',
          requestParams: { query: mailboxQuery },
          responses: {
            200: { description: 'Newest first', ...json(z.array(Arrival)) },
            403: problem('Not an operator'),
            404: problem('Other providers are used'),
          },
        },
      },
      '/health/live': {
        get: { summary: 'Whether the process runs', responses: { 200: { description: 'It does' } } },
      },
      '/health/ready': {
        get: {
          summary: 'Whether signups can be taken: at least one style, or the one asked for',
          requestParams: { query: z.object({ style: z.enum(styles).optional() }) },
          responses: {
            200: { description: 'Yes', ...json(readiness) },
            503: { description: 'No; names what is missing', ...json(readiness) },
          },
        },
      },
    },
  });
}
