/** Who may use the operator routes, here the mailbox. */
import { strict as assert } from 'node:assert';
import type { Request } from 'express';
import type { Arrival } from '../../http/schemas.ts';
import { isOperator } from '../../http/operator.ts';
import { arrival, startSignup, uniqueRequest } from '../client.ts';
import { theStack } from '../stack.ts';
import { withParts } from './bare-app.ts';
import { assertInvalid, assertProblem, exchange, type Exchanged } from './exchange.ts';

const token = 'a-token-of-operators';
const proxied = { 'x-forwarded-for': '203.0.113.7' };

describe('GET /mailbox', () => {
  it('answers a caller on this machine with what arrived, newest first', async () => {
    const request = uniqueRequest('choreography');
    const { id } = await startSignup(request);
    const { messageId } = await arrival(request.email, 'welcome');
    const { status, body } = await read(`?to=${request.email}`);
    assert.equal(status, 200);
    assert.equal(body.length, 1);
    assert.equal(body[0]?.messageId, messageId);
    assert.equal(body[0]?.signupId, id);
    assert.equal(body[0]?.channel, 'email');
    const all = await read('?limit=1000');
    const times = all.body.map(({ receivedAt }) => receivedAt);
    assert.deepEqual(times, times.toSorted().toReversed());
  });

  it('takes `localhost` and the numbers of this machine as its name', async () => {
    const port = new URL(theStack().urls.api).port;
    for (const host of [`localhost:${port}`, 'localhost', `127.0.0.1:${port}`, '127.0.0.2', '[::1]:80'])
      assert.equal((await read('', { host })).status, 200, host);
  });

  it('refuses an address of this machine that is not its loopback', async () => {
    for (const host of ['0.0.0.0', '10.0.0.1', '[2001:db8::1]']) assertForbidden(await read('', { host }));
  });

  for (const [name, value] of Object.entries({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'X-Forwarded-Host': 'localhost',
    'x-real-ip': '127.0.0.1',
    forwarded: 'for=127.0.0.1;host=localhost',
    via: '1.1 proxy',
  })) {
    it(`refuses what came by way of a proxy on this machine, told by ${name}`, async () => {
      assertForbidden(await read('', { [name]: value }));
    });
  }

  it('gives nothing for a token where none is configured', async () => {
    const authorization = 'Bearer undefined';
    assertForbidden(await read('', { authorization, ...proxied }));
    assert.equal((await read('', { authorization })).status, 200);
  });

  it('refuses a number of messages that is none', async () => {
    for (const limit of ['0', '1001', '-1', '1.5', 'ten', ''])
      assertInvalid(await read(`?limit=${limit}`), 'limit');
    assertInvalid(await read('?limit=1&limit=2'), 'limit');
    assertInvalid(await read(`?to=${'x'.repeat(255)}`), 'to');
    assertInvalid(await read('?from=ada@example.com&limit=x'), 'from', 'limit');
  });

  it('answers 404 where mail and SMS leave through other providers', async () => {
    await withParts({}, async (url) => {
      const title = 'There is no built-in mailbox';
      assertProblem(await read('', {}, url), { status: 404, kind: 'no-mailbox', title });
    });
  });

  it('answers 503 while the mailbox is away', async () => {
    await withParts({ mailboxUrl: 'http://127.0.0.1:9' }, async (url) => {
      const answer = await read('', {}, url);
      assertProblem(answer, { status: 503, kind: 'unavailable', title: 'Not available at the moment' });
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
    });
  });
});

describe('What only operators may ask for', () => {
  for (const [method, path] of [
    ['GET', '/signups'],
    ['GET', '/accounts/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10/balance'],
    ['GET', '/events'],
    ['GET', '/mailbox'],
    ['GET', '/styles'],
    ['GET', '/sources/choreography/click'],
    ['GET', '/statistics'],
    ['PUT', '/processes/statistics'],
    ['DELETE', '/processes/statistics'],
    ['GET', '/faults'],
    ['DELETE', '/faults'],
    ['PUT', '/faults/mail-550'],
    ['DELETE', '/faults/mail-550'],
    ['POST', '/signups/9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10/resume'],
  ] as const) {
    it(`${method} ${path} is refused to everybody else`, async () => {
      assertForbidden(await exchange(method, path, { headers: proxied }));
    });
  }
});

describe('The operator token', () => {
  const withToken = (use: (url: string) => Promise<void>) =>
    withParts({ operatorToken: token, mailboxUrl: theStack().urls.mailbox }, use);
  const foreign = { host: 'duet.example', origin: 'https://duet.example' };

  it('opens the route to its bearer, from wherever', () =>
    withToken(async (url) => {
      const { status } = await read('', { ...foreign, authorization: `Bearer ${token}` }, url);
      assert.equal(status, 200);
    }));

  it('opens nothing when it is wrong, not even to a caller on this machine', () =>
    withToken(async (url) => {
      for (const wrong of [`${token}x`, token.slice(1), token.toUpperCase(), 'x']) {
        assertForbidden(await read('', { authorization: `Bearer ${wrong}` }, url));
        assertForbidden(await read('', { ...foreign, authorization: `Bearer ${wrong}` }, url));
      }
    }));

  it('is not taken as another scheme', () =>
    withToken(async (url) => {
      for (const authorization of [token, `Basic ${token}`, 'Bearer', 'Bearer '])
        assertForbidden(await read('', { ...foreign, authorization }, url));
    }));

  it('opens the route through a proxy, its scheme in whatever case', () =>
    withToken(async (url) => {
      for (const scheme of ['Bearer', 'bearer', 'BEARER'])
        assert.equal(
          (await read('', { 'x-forwarded-for': '10.0.0.1', authorization: `${scheme} ${token}` }, url))
            .status,
          200,
        );
    }));

  it('is not needed on this machine', () =>
    withToken(async (url) => assert.equal((await read('', {}, url)).status, 200)));
});

describe('A caller', () => {
  const from = (remoteAddress: string | undefined, headers: Record<string, string> = { host: 'localhost' }) =>
    ({ headers, socket: { remoteAddress } }) as unknown as Request;

  it('is on this machine by its socket, in any notation', () => {
    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
      assert.ok(isOperator(from(address), undefined), address);
  });

  it('is not on this machine by any other socket', () => {
    for (const address of [
      '10.0.0.1',
      '::ffff:10.0.0.1',
      '2001:db8::1',
      '127.0.0.1.evil',
      '0.0.0.0',
      '',
      undefined,
    ])
      assert.ok(!isOperator(from(address), undefined), address);
  });

  it('is no operator from another machine, however it calls this one, but with the token', () => {
    const authorization = `Bearer ${token}`;
    assert.ok(!isOperator(from('10.0.0.1', { host: 'localhost', 'x-forwarded-for': '127.0.0.1' }), token));
    assert.ok(isOperator(from('10.0.0.1', { host: 'duet.example', authorization }), token));
    assert.ok(!isOperator(from('127.0.0.1', {}), undefined), 'a request without a host');
  });
});

function read(
  query: string,
  headers: Record<string, string> = {},
  url = theStack().urls.api,
): Promise<Exchanged<Arrival[]>> {
  return exchange('GET', `/mailbox${query}`, { headers, url });
}

function assertForbidden(answer: Exchanged): void {
  assertProblem(answer, { status: 403, kind: 'not-an-operator', title: 'This route is for operators' });
}
