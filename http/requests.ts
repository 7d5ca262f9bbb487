/** What every request to a route must be, before the route looks at it: its method, its content type, its key. */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { IdempotencyKey } from '../domain/signup.ts';
import { Problem } from './problems.ts';

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

/** Lets only JSON pass. No body at all passes too: what is missing in it is for the schema to say. */
export const jsonOnly: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is('application/json'))
    throw new Problem('not-json', 'send it with `content-type: application/json`');
  next();
};

/** The request's Idempotency-Key, or a random one where it has none. Throws a 400 problem. */
export function idempotencyKey(request: Request): string {
  const given = request.get('idempotency-key');
  if (given === undefined) return randomUUID();
  const parsed = IdempotencyKey.safeParse(given);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.message ?? '';
  throw new Problem('invalid-request', `Idempotency-Key: ${message}`, [
    { field: 'Idempotency-Key', message },
  ]);
}
