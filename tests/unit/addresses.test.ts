/** Addresses that are built from an address with a path of its own. */
import { strict as assert } from 'node:assert';
import { workflowPage } from '../../coordinators/workflow/execution.ts';
import { below } from '../../domain/addresses.ts';
import { verificationLink, verificationToken } from '../../domain/tokens.ts';
import { startPage } from '../../http/pages.ts';

describe('An address below another', () => {
  for (const [base, path, expected] of [
    ['https://duet.example', '/signups', 'https://duet.example/signups'],
    ['https://duet.example/', '/signups', 'https://duet.example/signups'],
    ['https://duet.example/app', '/signups', 'https://duet.example/app/signups'],
    ['https://duet.example/app/', 'signups/1', 'https://duet.example/app/signups/1'],
    ['https://ada:b@duet.example:8443/a/b?x=1#y', '/signups', 'https://ada:b@duet.example:8443/a/b/signups'],
    ['http://[::1]:8080/a%2Fb', '/', 'http://[::1]:8080/a%2Fb/'],
  ] as const) {
    it(`${path} below ${base} is ${expected}`, () => assert.equal(below(base, path).href, expected));
  }

  it('is what a verification link is', () => {
    const key = '0'.repeat(64);
    assert.equal(
      verificationLink('x', key, 'https://duet.example/app/'),
      `https://duet.example/app/verify/${verificationToken('x', key)}`,
    );
  });

  it('is what the page of a workflow in the Temporal UI is', () => {
    assert.equal(
      workflowPage('https://ui.example/temporal/', 'a/b', 'x'),
      'https://ui.example/temporal/namespaces/a%2Fb/workflows/signup-x',
    );
  });

  it('is what the start page has, where it lies below a path, too', () => {
    const html = startPage({ temporalUi: 'https://ui.example/temporal/' }, [], () => undefined);
    for (const [, to = ''] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
      assert.ok(to === 'data:,' || !to.startsWith('/'), to);
      if (to === 'openapi.json')
        assert.equal(new URL(to, 'https://x/app/').href, 'https://x/app/openapi.json');
    }
    assert.match(html, /href="https:\/\/ui\.example\/temporal\/"/);
  });
});
