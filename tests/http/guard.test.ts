/** Every port of ours has the guard: no page of another site, and none that had its name point here, gets anything. */
import { strict as assert } from 'node:assert';
import { theStack } from '../stack.ts';
import { withParts } from './bare-app.ts';
import { assertProblem, exchange } from './exchange.ts';

const rebound = { host: 'evil.example' };
const crossSite = { origin: 'https://evil.example', 'content-type': 'text/plain' };

/** A request that each port would answer, and one that would change something, where there is one. */
const ports = {
  api: ['/health/live', '/signups'],
  mailbox: ['/messages', '/scenarios'],
  accounts: ['/metrics', undefined],
  notifications: ['/metrics', undefined],
  tracker: ['/metrics', undefined],
} as const;

describe('The port of', () => {
  for (const [name, [read, written]] of Object.entries(ports)) {
    it(`${name} refuses other names than its own, and other sites`, async () => {
      const port = theStack().portOf(name as keyof typeof ports);
      const url = `http://127.0.0.1:${port}`;
      assert.equal((await exchange('GET', read, { url })).status, 200);
      for (const headers of [
        rebound,
        { ...rebound, origin: 'http://evil.example' },
        { origin: 'http://localhost:1' },
      ])
        assert.equal((await exchange('GET', read, { url, headers })).status, 403);
      if (written === undefined) return;
      const body = '{"channel":"email","to":"nobody@example.com","stage":"rcpt","reply":"550 no"}';
      const answer = await exchange('POST', written, { url, body, headers: crossSite });
      assert.equal(answer.status, 403);
    });
  }

  it('the mailbox refuses what came by way of a proxy', async () => {
    const url = theStack().urls.mailbox!;
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    assert.equal((await exchange('GET', '/messages', { url, headers })).status, 403);
  });

  it('the API is open to the bearer of the operator token by whatever name', () =>
    withParts({ operatorToken: 'a-token-of-operators' }, async (url) => {
      const title = 'This request is not for this site';
      const refused = await exchange('GET', '/signups', { url, headers: rebound });
      assertProblem(refused, { status: 403, kind: 'another-site', title });
      const headers = { ...rebound, authorization: 'Bearer a-token-of-operators' };
      assert.equal((await exchange('GET', '/signups', { url, headers })).status, 200);
    }));
});
