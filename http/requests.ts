/** What every request to a route must be, before the route looks at it: its method, its content type, its key. */
import { randomUUID } from 'node:crypto';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { IdempotencyKey } from '../domain/signup.ts';
import { invalid, Problem } from './problems.ts';

/** A number of things asked for in a query, from 1 to `most`. */
export function upTo(most: number) {
  const expected = `expected a whole number from 1 to ${most}`;
  return z.coerce.number(expected).int(expected).min(1, expected).max(most, expected);
}

/** The last handler of a route: 405 for the methods that the ones before it did not take. */
export function onlyMethods(allowed: string): RequestHandler {
  return (request, response) => {
    response.set('allow', allowed);
    throw new Problem(
      'method-not-allowed',
      `\`${request.method}\` is not for this route, which takes ${allowed}`,
    );
  };
}

const readJson = express.json({ limit: '16kb', strict: false });

/**
 * Reads the body, which has to be JSON of 16 KiB at most. Any JSON passes, and no body at all: what it has to be, and what is missing in
 * it, is for the schema to say.
 */
export const jsonBody: RequestHandler = (request, response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is('application/json'))
    throw new Problem('not-json', 'send it with `content-type: application/json`');
  readJson(request, response, next);
};

/**
 * The request's Idempotency-Key, or a random one where it has none, which the response tells: a request that was not finished is to be
 * repeated with it. Throws a 400 problem.
 */
export function idempotencyKey(request: Request, response: Response): string {
  const parsed = IdempotencyKey.safeParse(request.get('idempotency-key') ?? randomUUID());
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? '';
    throw invalid([{ field: 'Idempotency-Key', message }]);
  }
  response.set('idempotency-key', parsed.data);
  return parsed.data;
}
