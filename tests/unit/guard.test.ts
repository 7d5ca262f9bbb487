/** What a port of ours takes, and what it refuses: names that are not its own, and pages of other sites. */
import { strict as assert } from 'node:assert';
import type { IncomingMessage } from 'node:http';
import { foreignTo } from '../../http/guard.ts';

const publicUrl = 'https://duet.example';
const host = '127.0.0.1:8025';
const request = (headers: Record<string, string | undefined>, method = 'GET') =>
  ({ method, headers: { host, ...headers } }) as unknown as IncomingMessage;

describe('A port of ours', () => {
  it('takes what calls it by a name of this machine, on whatever port', () => {
    for (const name of ['localhost', 'LOCALHOST:1', '127.0.0.1:8080', '127.8.8.8', '[::1]:80'])
      assert.equal(foreignTo(request({ host: name })), undefined, name);
  });

  for (const name of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:8025',
    'localhost@evil.example',
    'evil.example#localhost',
    'evil.example/localhost',
    'duet.example',
    '10.0.0.1',
    '0.0.0.0',
    '',
    undefined,
  ]) {
    it(`refuses what calls it \`${name}\``, () => assert.match(foreignTo(request({ host: name }))!, /name/));
  }

  it('that is reached from outside takes its public name, and addresses, but no other name', () => {
    for (const name of ['duet.example', 'duet.example:443', '10.0.0.1:8080', '[2001:db8::1]', 'localhost'])
      assert.equal(foreignTo(request({ host: name }), publicUrl), undefined, name);
    for (const name of ['evil.example', 'duet.example.evil.example', 'www.duet.example'])
      assert.match(foreignTo(request({ host: name }), publicUrl)!, /PUBLIC_URL/);
  });

  it('takes what its own pages send', () => {
    const own = { origin: 'http://127.0.0.1:8025', 'sec-fetch-site': 'same-origin' };
    assert.equal(foreignTo(request(own, 'POST')), undefined);
    assert.equal(foreignTo(request({ host: 'localhost:80', origin: 'http://localhost' }, 'POST')), undefined);
    // A proxy in front may have put its own name for the API into `Host`.
    assert.equal(foreignTo(request({ origin: publicUrl }, 'POST'), publicUrl), undefined);
  });

  for (const origin of [
    'https://evil.example',
    'http://127.0.0.1:3000',
    'http://localhost:8025',
    'https://127.0.0.1:8025',
    'http://127.0.0.1:8025.evil.example',
    'http://evil.example#127.0.0.1:8025',
    'null',
    '',
  ]) {
    it(`refuses what a page of \`${origin}\` sends, whatever its type`, () => {
      for (const method of ['GET', 'POST', 'DELETE'])
        for (const type of ['text/plain', 'application/json', undefined])
          assert.match(foreignTo(request({ origin, 'content-type': type }, method))!, /another site/);
    });
  }

  it('refuses a form of another site that comes without an origin, and lets a link of one be followed', () => {
    for (const from of ['cross-site', 'same-site']) {
      assert.match(foreignTo(request({ 'sec-fetch-site': from }, 'POST'))!, /another site/);
      assert.equal(foreignTo(request({ 'sec-fetch-site': from })), undefined);
    }
    assert.equal(foreignTo(request({ 'sec-fetch-site': 'none' }, 'POST')), undefined);
  });
});
