/** What is the same on every route: methods, unknown paths, bad escapes, headers, and errors of our own. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { bareCoordinator, withParts } from './bare-app.ts';
import { assertInvalid, assertProblem, exchange } from './exchange.ts';

const routes: Record<string, string[]> = {
  '/': ['GET', 'HEAD'],
  '/start': ['GET', 'HEAD'],
  '/live': ['GET', 'HEAD'],
  '/signups': ['GET', 'HEAD', 'POST'],
  '/signups/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10': ['GET', 'HEAD'],
  '/signups/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10/history': ['GET', 'HEAD'],
  '/signups/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10/resume': ['POST'],
  '/accounts/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10/balance': ['GET', 'HEAD'],
  '/events': ['GET', 'HEAD'],
  '/verify/x': ['GET', 'HEAD', 'POST'],
  '/mailbox': ['GET', 'HEAD'],
  '/styles': ['GET', 'HEAD'],
  '/sources/orchestration/sendEmail%20welcome': ['GET', 'HEAD'],
  '/statistics': ['GET', 'HEAD'],
  '/processes/statistics': ['PUT', 'DELETE'],
  '/faults': ['GET', 'HEAD', 'DELETE'],
  '/faults/mail-550': ['PUT', 'DELETE'],
  '/crowd': ['GET', 'HEAD', 'POST', 'DELETE'],
  '/health/live': ['GET', 'HEAD'],
  '/health/ready': ['GET', 'HEAD'],
  '/metrics': ['GET', 'HEAD'],
  '/openapi.json': ['GET', 'HEAD'],
};
/** A stream does not end by itself; its headers are the same for HEAD. */
const streams = new Set(['/events']);
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe('Every route', () => {
  for (const [path, allowed] of Object.entries(routes)) {
    it(`answers 405 at ${path} to all but ${allowed.join(', ')}, and says what it takes`, async () => {
      for (const method of methods.filter((one) => !allowed.includes(one))) {
        const answer = await exchange(method, path);
        assertProblem(answer, { status: 405, kind: 'method-not-allowed', title: 'Method not allowed' });
        assert.equal(answer.headers['allow'], allowed.join(', '), method);
      }
      for (const method of allowed) {
        if (method === 'GET' && streams.has(path)) continue;
        assert.notEqual((await exchange(method, path)).status, 405, method);
      }
    });
  }

  it('sends the headers that keep browsers from guessing, framing, referring and keeping', async () => {
    for (const path of [...Object.keys(routes), '/assets/start.js', '/nothing']) {
      const { headers } = await exchange(streams.has(path) ? 'HEAD' : 'GET', path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      assert.equal(headers['referrer-policy'], 'no-referrer', path);
      assert.equal(headers['cache-control'], 'no-store', path);
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/, path);
      assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/, path);
      assert.equal(headers['x-powered-by'], undefined, path);
      assert.equal(headers['access-control-allow-origin'], undefined, path);
    }
  });

  it('answers escapes that are none with 400', async () => {
    for (const path of ['/signups/%', '/signups/%E0%A4%A', '/verify/%zz'])
      assertInvalid(await exchange('GET', path), 'path');
  });
});

describe('An unknown path', () => {
  const unknown = ['/nothing', '/signups/x/y', '/verify', '/health', '/%00', '/assets/', '/assets/none.js'];
  const outside = [
    '/assets/../app.ts',
    '/assets/%2e%2e/app.ts',
    '/assets/..%2fapp.ts',
    '/assets/....//app.ts',
  ];

  for (const path of [...unknown, ...outside]) {
    it(`answers 404: ${path}`, async () => {
      assertProblem(await exchange('GET', path), { status: 404, kind: 'not-found', title: 'Not found' });
    });
  }

  it('is told as it was asked for, as JSON and never as markup', async () => {
    const { contentType, body } = await exchange<{ detail: string }>('GET', '/<b>');
    assert.match(contentType, /^application\/problem\+json/);
    assert.match(body.detail, /`\/<b>`/);
  });
});

describe('An error of our own', () => {
  it('answers 500 with something to look for in the log, and nothing internal', async () => {
    const broken = async () => {
      throw new Error('relation "accounts" at 10.1.2.3 is broken');
    };
    const coordinators = forEachStyle(() => ({ ...bareCoordinator, find: broken }));
    await withParts({ coordinators }, async (url) => {
      const answer = await fetch(`${url}/signups/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10`);
      assert.equal(answer.status, 500);
      const { instance, ...body } = (await answer.json()) as Record<string, unknown>;
      assert.match(String(instance), /^urn:uuid:[0-9a-f-]{36}$/);
      const title = 'Something went wrong here';
      assert.deepEqual(body, { type: 'urn:duet:problem:internal', title, status: 500 });
    });
  });
});

describe('A signup that step 1 refuses', () => {
  for (const [refused, kind, title] of [
    ['email-taken', 'email-taken', 'The e-mail address is taken'],
    ['closed', 'ended', 'The signup has ended'],
  ] as const) {
    it(`is answered with the problem \`${kind}\` where it is refused as \`${refused}\``, async () => {
      const start = async () => ({ refused, message: 'No.' });
      const coordinators = forEachStyle(() => ({ ...bareCoordinator, start }));
      await withParts({ coordinators }, async (url) => {
        for (const style of styles) {
          const body = { email: 'ada@example.com', style };
          const answer = await exchange('POST', '/signups', { body, url });
          assert.equal(assertProblem(answer, { status: 409, kind, title }).detail, 'No.');
        }
      });
    });
  }
});
