/** The page behind the link, and the click. What the click does to a signup is in the contract. */
import { strict as assert } from 'node:assert';
import { Unavailable } from '../../domain/coordinator.ts';
import { styles } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { signupIdOf, verificationToken } from '../../domain/tokens.ts';
import { until } from '../../adapters/waiting.ts';
import {
  linkOf,
  getSignup,
  linkIn,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
  idOf,
} from '../client.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { askWhile, assertInvalid, assertProblem, exchange, type Exchanged } from './exchange.ts';

const html = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const form = { ...html, 'content-type': 'application/x-www-form-urlencoded' };

/** Clicks again for as long as the click is kept and not yet acted on, or was not taken in time; each answer has to be a documented one. */
const clickUntilActedOn = (link: string, headers: Record<string, string> = {}) =>
  askWhile(
    ({ status }) => status === 202 || status === 503,
    () => exchange('POST', link, { headers }),
  );

for (const style of styles) {
  describe(`The verification link of a signup by ${style}`, () => {
    it('shows one button and does nothing when it is only looked at', async () => {
      const request = uniqueRequest(style);
      const { id } = await startSignup(request);
      const link = await linkIn(request.email);
      for (const headers of [html, { accept: '*/*' }, { ...html, purpose: 'prefetch' }]) {
        const { status, contentType, body } = await exchange<string>('GET', link, { headers });
        assert.equal(status, 200);
        assert.match(contentType, /^text\/html/);
        assert.equal(body.match(/<button/g)?.length, 1);
        assert.match(body, /<form method="post">/);
      }
      assert.equal((await exchange('HEAD', link)).status, 200);
      assert.equal((await getSignup(id)).status, 'pending');
    });

    it('answers the click with a page where a page is asked for, each time', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      const link = await linkOf(id);
      for (const headers of [form, html]) {
        const { status, contentType, body } = await clickUntilActedOn(link, headers);
        assert.equal(status, 200);
        assert.match(contentType, /^text\/html/);
        assert.match(String(body), /Your account is active/);
      }
      assert.equal((await getSignup(id)).status, 'activated');
      await until('a look to say so as well', async () => {
        const { status, body } = await exchange<string>('GET', link, { headers: html });
        assert.equal(status, 200);
        assert.match(body, /Your account is active.*confirmed already.*Confirm again/s);
        return true;
      });
    });

    it('answers the click with JSON to everybody else', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      const link = await linkOf(id);
      for (const accept of ['application/json', '*/*', 'image/png']) {
        const { status, body } = await clickUntilActedOn(link, { accept });
        assert.equal(status, 200);
        assert.deepEqual(body, { id, status: 'activated' });
      }
    });

    it('answers 410 once the account is closed', async () => {
      const email = uniqueEmail('undeliverable.example');
      const { id } = await startSignup(uniqueRequest(style, { email }));
      await signupThat('is closed', id, ({ outcome }) => outcome === 'undeliverable');
      const link = await linkOf(id);
      assertProblem(await exchange('POST', link), {
        status: 410,
        kind: 'closed',
        title: 'The account was closed',
      });
      const page = await exchange('POST', link, { headers: html });
      assert.equal(page.status, 410);
      assert.match(String(page.body), /This account was closed/);
      await until('a look to say so as well', async () => {
        const { status, body } = await exchange<string>('GET', link, { headers: html });
        assert.equal(status, 200);
        assert.match(body, /This account was closed/);
        assert.doesNotMatch(body, /<button/);
        return true;
      });
    });

    it('answers 404 where the link is genuine but its signup was never started', async () => {
      const link = await linkOf(idOf(style, 'never started'));
      assertUnknown(await clickUntilActedOn(link));
    });
  });
}

describe('A verification link', () => {
  const forged = async () => {
    const link = await linkOf(idOf('choreography', 'forged'));
    return link.replace(/.$/, link.endsWith('A') ? 'B' : 'A');
  };

  it('answers 404 when it is forged or cut off, to a look and to a click', async () => {
    const links = [
      await forged(),
      (await forged()).slice(0, -10),
      '/verify/x',
      '/verify/%F0%9F%94%91',
      '/verify/a.b.c',
    ];
    for (const link of links)
      for (const method of ['GET', 'POST']) assertUnknown(await exchange(method, link));
  });

  it('tells a person who copied half of it so, with a page', async () => {
    for (const method of ['GET', 'POST']) {
      const { status, contentType, body } = await exchange(method, await forged(), { headers: html });
      assert.equal(status, 404);
      assert.match(contentType, /^text\/html/);
      assert.match(String(body), /Please copy it whole from the mail/);
    }
  });

  it('answers 400 when it has escapes that are none', async () => {
    for (const method of ['GET', 'POST']) assertInvalid(await exchange(method, '/verify/%E0%A4%A'), 'path');
  });
});

describe('The page behind a verification link', () => {
  const id = signupIdOf('choreography', 'looked at', bareParts.verificationKey);
  const link = `/verify/${verificationToken(id, bareParts.verificationKey)}`;

  for (const [what, find] of [
    ['fails', () => Promise.reject(new Unavailable('database', 'it is away'))],
    ['takes long', () => new Promise<never>(() => {})],
    ['finds nothing', async () => undefined],
  ] as const) {
    it(`asks for the click where the look at its signup ${what}`, () => {
      const coordinators = forEachStyle(() => ({ ...bareCoordinator, find }));
      return withParts({ coordinators }, async (url) => {
        const { status, body } = await exchange<string>('GET', link, { url, headers: html });
        assert.equal(status, 200);
        assert.match(body, /One click, and your account is active.*<button>Confirm</s);
      });
    }).timeout(5_000);
  }
});

function assertUnknown(answer: Exchanged): void {
  const title = 'This verification link was not made here';
  assertProblem(answer, { status: 404, kind: 'unknown-link', title });
}
