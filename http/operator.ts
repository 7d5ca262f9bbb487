/** Operator routes take requests from this very machine, and those that bear the operator token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { foreignTo, isLoopbackHost, isProxied } from './guard.ts';
import { Problem } from './problems.ts';

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/**
 * Whether a request comes from an operator. The socket counts, unless a proxy has touched the request. That no web page the
 * operator happens to visit acts in his name, the guard of the port sees to.
 */
export function isOperator(request: IncomingMessage, token: string | undefined): boolean {
  const given = tokenIn(request);
  if (token !== undefined && given !== undefined) return isEqual(given, token);
  const { headers, socket } = request;
  return (
    loopbackAddress.test(socket.remoteAddress ?? '') && isLoopbackHost(headers.host) && !isProxied(request)
  );
}

/** Lets pass what comes by a name of this API and from no other site: 403 for the rest. The token is what no page knows. */
export function ownSiteOnly({ publicUrl, operatorToken }: SiteOptions): RequestHandler {
  return (request, _response, next) => {
    const why = foreignTo(request, publicUrl);
    if (why === undefined) return next();
    const given = tokenIn(request);
    if (operatorToken !== undefined && given !== undefined && isEqual(given, operatorToken)) return next();
    throw new Problem('another-site', why);
  };
}

type SiteOptions = { publicUrl: string; operatorToken: string | undefined };

/** Lets only operators pass; 403 for all others. */
export function operatorsOnly(token: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (isOperator(request, token)) return next();
    throw new Problem(
      'not-an-operator',
      'call it from this machine as localhost, or with the operator token as bearer token',
    );
  };
}

function tokenIn({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
}

function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
