/** Who may use the operator routes: somebody on this very machine, or the bearer of the operator token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { Problem } from './problems.ts';

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/**
 * Whether a request comes from an operator. The socket counts, unless a proxy has touched the request; `Host` and `Origin` are
 * checked, so that no web page the operator happens to visit can act in his name.
 */
export function isOperator(request: IncomingMessage, token: string | undefined): boolean {
  const [, given] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token !== undefined && given !== undefined) return isEqual(given, token);
  const { host = '', origin } = request.headers;
  return (
    loopbackAddress.test(request.socket.remoteAddress ?? '') &&
    loopbackHost.test(host) &&
    !isProxied(request) &&
    (origin === undefined || loopbackHost.test(origin.replace(/^https?:\/\//, '')))
  );
}

/** Whether a proxy says that it handed the request on: then the socket is the proxy's, and says nothing of the caller. */
export function isProxied({ headers }: IncomingMessage): boolean {
  return Object.keys(headers).some((name) => /^(forwarded|via|x-real-ip|x-forwarded-.*)$/.test(name));
}

/** Lets only operators pass; 403 for everybody else. */
export function operatorsOnly(token: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (isOperator(request, token)) return next();
    throw new Problem(
      'not-an-operator',
      'call it from this machine as localhost, or with the operator token as bearer token',
    );
  };
}

function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
