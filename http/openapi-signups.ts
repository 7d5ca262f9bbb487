/** The operations on signups, as the OpenAPI document describes them. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { HistoryEntry } from '../domain/history.ts';
import { IdempotencyKey, Signup, SignupRequest } from '../domain/signup.ts';
import { badRequest, json, notAvailable, notOperator, problem, repeatLater } from './openapi-answers.ts';
import { FastForward, listQuery, SignupPage } from './schemas.ts';

const historyEntry = HistoryEntry.meta({ id: 'HistoryEntry' });
const signup = Signup.meta({ id: 'Signup' });

const ofOneSignup = { path: z.object({ id: z.uuid() }) };
const noSuchSignup = problem('No such signup');
const key = IdempotencyKey.describe('Of the request, or the one made for it: to repeat it with');
const withKey = z.object({ 'Idempotency-Key': key });
const withLocation = withKey.extend({ Location: z.string() });

/** Their paths. */
export const signupPaths: ZodOpenApiPathsObject = {
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
          headers: withLocation,
        },
        202: {
          description: 'Accepted; `opening` where step 1 took longer than 2 s',
          ...json(signup),
          headers: withLocation,
        },
        400: problem('Not a valid request; nothing was stored'),
        409: {
          ...problem('The e-mail address is taken; or the signup of this Idempotency-Key was closed'),
          headers: withKey,
        },
        413: problem('Over 16 KiB'),
        415: problem('Not JSON'),
        422: {
          ...problem(
            'The Idempotency-Key was used for another request; or, of styles that answer after everything, the address cannot be reached and the account was closed again',
          ),
          headers: withKey,
        },
        503: {
          ...problem(
            'Not available, not finished, or exhausted; `Retry-After` says when to try again, and that repeating it with the same key is safe. Or the style is not here: what it lacks, and what to do about it',
          ),
          headers: withKey,
        },
      },
    },
  },
  '/signups/{id}': {
    get: {
      summary: 'Where a signup is',
      requestParams: ofOneSignup,
      responses: {
        200: { description: 'The signup', ...json(signup) },
        400: badRequest,
        404: noSuchSignup,
        503: notAvailable,
      },
    },
  },
  '/signups/{id}/history': {
    get: {
      summary: 'What has come of its steps: a row per step and per wait, the same for every style',
      requestParams: ofOneSignup,
      responses: {
        200: { description: 'In the order of the process', ...json(z.array(historyEntry)) },
        400: badRequest,
        404: noSuchSignup,
        503: notAvailable,
      },
    },
  },
  '/signups/{id}/resume': {
    post: {
      summary: 'Try again what is parked of a signup (operators); repeating it does no harm',
      requestParams: ofOneSignup,
      responses: {
        202: { description: 'Asked for; the signup as it was', ...json(signup) },
        400: badRequest,
        403: notOperator,
        404: noSuchSignup,
        503: repeatLater,
      },
    },
  },
  '/signups/{id}/fast-forward': {
    post: {
      summary:
        'Move the clock of this signup by exactly so much (operators): what is due meanwhile happens in its order. Repeating it moves it again',
      requestParams: ofOneSignup,
      requestBody: { required: true, ...json(FastForward.meta({ id: 'FastForward' })) },
      responses: {
        200: { description: 'Moved, and nothing of it is due any more; the signup', ...json(signup) },
        400: badRequest,
        403: notOperator,
        404: noSuchSignup,
        409: problem('It has ended; or the Temporal server in use cannot skip time, and what to do about it'),
        413: problem('Over 16 KiB'),
        415: problem('Not JSON'),
        503: notAvailable,
        504: problem('Moved by so much, and then it did not come to rest: what it waits for'),
      },
    },
  },
};
