/**
 * Whose requests a port of ours takes, the same on every port: those that call it by a name of its own, and that no web page of
 * another site has sent. A page that had its own name point to this machine (DNS rebinding) still calls it by that name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';

/** What a connection is answered that is not taken. */
export const anotherSite = { status: 403, title: 'This request is not for this site' };

const loopbackName = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Says why a request is not taken; undefined where it is. A port with a `publicUrl` may be reached from outside: by the name in it,
 * or by an address, which no page can have as its name without being served from there.
 */
export function foreignTo({ method, headers }: IncomingMessage, publicUrl?: string): string | undefined {
  const host = read(`http://${headers.host ?? ''}`);
  const known = publicUrl === undefined ? undefined : new URL(publicUrl);
  if (!host || !isNameOfOurs(host.hostname, known)) {
    const how = known ? ': PUBLIC_URL says by which name this API is reached' : '';
    return `\`${headers.host ?? ''}\` is no name of this port${how}`;
  }
  const { origin } = headers;
  if (origin !== undefined && ![host.origin, known?.origin].includes(read(origin)?.origin ?? 'none'))
    return `\`${origin}\` is another site`;
  // What a browser says by itself where it sends no origin.
  const from = headers['sec-fetch-site'];
  if ((from === 'cross-site' || from === 'same-site') && method !== 'GET' && method !== 'HEAD')
    return 'a page of another site sent it';
  return undefined;
}

/** Answers a request that is not taken, on a port that has no other problems to tell of. */
export function turnAway(response: ServerResponse, why: string): void {
  response.writeHead(anotherSite.status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ type: 'urn:duet:problem:another-site', ...anotherSite, detail: why }));
}

/** Whether a `Host` names this machine from within, whatever the port. */
export function isLoopbackHost(host: string | undefined): boolean {
  return loopbackName.test(read(`http://${host ?? ''}`)?.hostname ?? '');
}

/** Whether a proxy says that it handed the request on: then the socket is the proxy's, and says nothing of the caller. */
export function isProxied({ headers }: IncomingMessage): boolean {
  return Object.keys(headers).some((name) => /^(forwarded|via|x-real-ip|x-forwarded-.*)$/.test(name));
}

function isNameOfOurs(name: string, known: URL | undefined): boolean {
  if (loopbackName.test(name)) return true;
  return known !== undefined && (name === known.hostname || isIP(name.replaceAll(/[[\]]/g, '')) !== 0);
}

/** A scheme, a host and a port, and nothing more: what only contains the name of a host is not taken for it. */
function read(origin: string): URL | undefined {
  return /^https?:\/\/[^\s/\\?#@]+$/i.test(origin) && URL.canParse(origin) ? new URL(origin) : undefined;
}
