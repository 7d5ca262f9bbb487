/**
 * What a page must not do, whatever a test is about: ask another origin for something, say something at the console, break its content
 * security policy, fail to catch an error. All tabs of a context are watched.
 */
import type { BrowserContext, Request } from 'playwright-core';

/** What was seen so far that must not be, in order. */
export type Complaints = readonly string[];

/** A 503 says of the machine that it was slow, and that one may ask again, as the page does every second. */
const tooSlow = /^console error: Failed to load resource: .* status of 503 /;

/**
 * Watches a context whose pages are of one origin. A browser itself says at the console that a request failed: a test that breaks
 * something names in `expected` what is said then.
 */
export async function watch(
  context: BrowserContext,
  url: string,
  expected: readonly RegExp[],
): Promise<Complaints> {
  const complaints: string[] = [];
  const complain = (what: string) => {
    if (![tooSlow, ...expected].some((pattern) => pattern.test(what))) complaints.push(what);
  };
  const origin = originOf(url);
  context.on('request', (request) => {
    if (isElsewhere(request, origin)) complain(`request to another origin: ${request.url()}`);
  });
  context.on('console', (message) => {
    const { url: from } = message.location();
    complain(`console ${message.type()}: ${message.text()} (${from})`);
  });
  context.on('weberror', (error) => complain(`page error: ${error.error().stack ?? error.error().message}`));
  // Not all that a policy forbids is said at the console; all of it is an event.
  await context.addInitScript(
    `document.addEventListener('securitypolicyviolation', (event) =>
       console.error('policy ' + event.violatedDirective + ' forbids ' + event.blockedURI));`,
  );
  return complaints;
}

function isElsewhere(request: Request, origin: string): boolean {
  return !request.url().startsWith('data:') && originOf(request.url()) !== origin;
}

/** Of a file, too, which has no origin in the sense of the web. */
function originOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
