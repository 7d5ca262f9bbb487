/** The start page: what is on it, for whom, and that the browser is allowed to run it. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { forEachStyle, traits } from '../../domain/styles.ts';
import { signupIdOf, verificationToken } from '../../domain/tokens.ts';
import { signupThat, startSignup, uniqueRequest } from '../client.ts';
import { theStack } from '../stack.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { exchange } from './exchange.ts';

const page = (headers: Record<string, string> = {}, url = theStack().urls.api) =>
  exchange<string>('GET', '/start', { headers: { accept: 'text/html', ...headers }, url });

describe('The start page', () => {
  it('has a form that starts a signup in each style', async () => {
    const { status, contentType, body } = await page();
    assert.equal(status, 200);
    assert.equal(contentType, 'text/html; charset=utf-8');
    for (const name of ['email', 'phone', 'name']) assert.match(body, new RegExp(`<input name="${name}"`));
    for (const style of styles) assert.match(body, new RegExp(`<button name="style" value="${style}"`));
  });

  it('links to both UIs, to the mailbox and to the description of the API', async () => {
    const { temporalUi, rabbitmqUi, mailbox } = theStack().urls;
    const { body } = await page();
    const links = new Set([...body.matchAll(/<a href="([^"]*)"/g)].map(([, to]) => to));
    for (const url of [temporalUi, rabbitmqUi, mailbox, 'openapi.json']) assert.ok(links.has(url), url);
  });

  it('leaves out links to what is not there', async () => {
    await withParts({}, async (url) => {
      const { body } = await page({}, url);
      assert.doesNotMatch(body, /Temporal UI|RabbitMQ UI|Mailbox/);
    });
  });

  it('lists the latest signups of every style, each with its links', async () => {
    const { temporalUi } = theStack().urls;
    for (const style of styles) {
      const { id, email } = await startSignup(uniqueRequest(style));
      await signupThat('is open', id, (signup) => signup.status === 'pending');
      const row = (await page()).body.split('<tr>').find((text) => text.includes(email)) ?? '';
      assert.match(row, new RegExp(`<td>${style}</td><td>pending</td>`));
      assert.ok(row.includes(`href="signups/${id}"`));
      const workflow = `href="${temporalUi}/namespaces/default/workflows/signup-${id}"`;
      assert.equal(row.includes(workflow), traits[style].mechanism === 'workflow');
    }
  });

  it('shows the signups only to operators', async () => {
    const { email } = await startSignup(uniqueRequest('choreography'));
    assert.ok((await page()).body.includes(email));
    const { status, body } = await page({ 'x-forwarded-for': '203.0.113.7' });
    assert.equal(status, 200);
    assert.ok(!body.includes(email));
    assert.doesNotMatch(body, /Latest signups/);
  });

  it('shows an address with a quote in it as text', async () => {
    const local = `o'hara-${Date.now()}`;
    await startSignup(uniqueRequest('choreography', { email: `${local}@example.com` }));
    const { body } = await page();
    assert.ok(body.includes(`>${local}@example.com<`));
  });

  it('shows whatever is stored as text, even what no request could have stored', async () => {
    const email = `<img src=x onerror="alert('1')">&amp;`;
    const signup = await startSignup(uniqueRequest('choreography'));
    await withParts({ latest: async () => [{ ...signup, email }] }, async (url) => {
      const { body } = await page({}, url);
      assert.doesNotMatch(body, /<img/);
      assert.ok(body.includes(`&lt;img src=x onerror=&quot;alert('1')&quot;>&amp;amp;`));
    });
  });

  it('comes without its list while the database is away', async () => {
    const latest = async () => {
      throw new Error('away');
    };
    await withParts({ latest }, async (url) => {
      const { status, body } = await page({}, url);
      assert.equal(status, 200);
      assert.match(body, /<form/);
      assert.doesNotMatch(body, /Latest signups/);
    });
  });

  it('serves its script and its style sheet', async () => {
    for (const [named, type, held] of [
      [/<script type="module" src="([^"]*)"/, /^text\/javascript/, /fetch\('signups'/],
      [/<link rel="stylesheet" href="([^"]*)"/, /^text\/css/, /color-scheme: light dark/],
    ] as const) {
      const [, path = ''] = named.exec((await page()).body) ?? [];
      const { status, contentType, body } = await exchange<string>('GET', `/${path}`);
      assert.equal(status, 200);
      assert.match(contentType, type);
      assert.match(body, held);
    }
  });
});

describe('The content security policy', () => {
  const key = bareParts.verificationKey;
  const link = `/verify/${verificationToken(signupIdOf(styles[0], 'x', key), key)}`;
  const click = async () => 'closed' as const;

  /** What is on a page that a policy could forbid, as directive and source. */
  function needsOf(html: string): [string, string][] {
    const needs: [string, string][] = [];
    for (const [tag] of html.matchAll(/<(style|script|link|img|form|iframe|base)\b[^>]*>/g)) {
      const [, address = ''] = /(?:src|href)="([^"]*)"/.exec(tag) ?? [];
      const source = address.startsWith('data:')
        ? 'data:'
        : /^(https?:)?\/\//.test(address)
          ? address
          : "'self'";
      if (tag.startsWith('<style')) needs.push(['style-src', "'unsafe-inline'"]);
      else if (tag.startsWith('<link rel="stylesheet"')) needs.push(['style-src', source]);
      else if (tag.startsWith('<script')) needs.push(['script-src', address ? source : "'unsafe-inline'"]);
      else if (tag.startsWith('<link') || tag.startsWith('<img')) needs.push(['img-src', source]);
      else if (tag.startsWith('<form')) needs.push(['form-action', source]);
      else needs.push([tag, 'anything']);
    }
    return needs;
  }

  it('allows what is on our pages, and no inline script', async () => {
    await withParts({ coordinators: forEachStyle(() => ({ ...bareCoordinator, click })) }, async (url) => {
      for (const [method, path] of [
        ['GET', '/start'],
        ['GET', link],
        ['POST', link],
        ['GET', '/verify/forged'],
      ] as const) {
        const { headers, body } = await exchange<string>(method, path, {
          headers: { accept: 'text/html' },
          url,
        });
        const policy = new Map(
          (headers['content-security-policy'] ?? '').split(';').map((directive) => {
            const [name = '', ...sources] = directive.trim().split(' ');
            return [name, sources];
          }),
        );
        const needs = needsOf(body);
        assert.ok(
          needs.some(([directive]) => directive === 'style-src'),
          'the page has a style',
        );
        for (const [directive, source] of needs)
          assert.ok(policy.get(directive)?.includes(source), `${path} needs ${directive} ${source}`);
        assert.deepEqual(policy.get('default-src'), ["'none'"]);
        assert.deepEqual(policy.get('script-src'), ["'self'"]);
        assert.doesNotMatch(body, /\son\w+=|javascript:|\sstyle="/);
      }
    });
  });

  it('lets the script of the start page ask the API', async () => {
    assert.match((await page()).headers['content-security-policy'] ?? '', /connect-src 'self'/);
  });
});
