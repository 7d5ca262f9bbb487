/** `POST /signups` and `GET /signups/<id>`: every way to be refused, and that a refused request leaves nothing behind. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { promises } from '../../domain/styles.ts';
import { styles, type Signup, type Style } from '../../domain/signup.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import {
  arrival,
  linkOf,
  idOf,
  mailbox,
  endScenario,
  beginScenario,
  uniqueEmail,
  uniqueRequest,
  startedStatus,
  historyThat,
  signupThat,
} from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { askWhile, assertInvalid, assertProblem, exchange, type Exchanged } from './exchange.ts';

const post = (body: unknown, headers: Record<string, string> = {}) =>
  exchange<Signup>('POST', '/signups', { body, headers });

/** Posts again, with the same key, for as long as it was not taken in time, or taken and not yet decided. */
const postUntilDecided = (body: unknown, headers = { 'idempotency-key': randomUUID() }) =>
  askWhile(
    ({ status, body: { status: shown } }) => status === 503 || shown === 'opening',
    () => post(body, headers),
  );

for (const style of styles) {
  describe(`POST /signups by ${style}`, () => {
    const valid = () => uniqueRequest(style);
    const noFields: string[] = [];

    for (const [what, changes, fields] of [
      ['no e-mail address', { email: undefined }, ['email']],
      [
        'an e-mail address with a line break',
        { email: 'ada@example.com\r\nBcc: eve@example.com' },
        ['email'],
      ],
      ['an e-mail address that ends in a line break', { email: 'ada@example.com\n' }, ['email']],
      ['two e-mail addresses', { email: 'ada@example.com,eve@example.com' }, ['email']],
      ['an e-mail address with a name', { email: 'Ada <ada@example.com>' }, ['email']],
      ['an e-mail address of 255 characters', { email: `${'a'.repeat(243)}@example.com` }, ['email']],
      ['a phone number without its country', { phone: '5550001111' }, ['phone']],
      ['a phone number with a line break', { phone: '+15550001111\n' }, ['phone']],
      ['a name with a line break', { name: 'Ada\r\nBcc: eve@example.com' }, ['name']],
      ['a name with markup', { name: '<script>alert(1)</script>' }, ['name']],
      ['a name in template syntax', { name: '{{x}}' }, ['name']],
      ['a name in another template syntax', { name: '${x}' }, ['name']],
      ['a name of 101 characters', { name: 'a'.repeat(101) }, ['name']],
      ['a field it does not know', { admin: true }, ['admin']],
      ['several mistakes at once', { email: 'x', phone: 'y', role: 'admin' }, ['email', 'phone', 'role']],
    ] as [string, Record<string, unknown>, string[]][]) {
      it(`refuses ${what} and stores nothing`, async () => {
        const key = randomUUID();
        const body = { ...valid(), ...changes };
        assertInvalid(await post(body, { 'idempotency-key': key }), ...fields);
        await assertNothingStored(style, key, body.email);
      });
    }

    for (const [what, key] of [
      ['a space', 'two words'],
      ['nothing in it', ''],
      ['256 characters', 'x'.repeat(256)],
    ] as const) {
      it(`refuses an Idempotency-Key with ${what} and stores nothing`, async () => {
        const body = valid();
        assertInvalid(await post(body, { 'idempotency-key': key }), 'Idempotency-Key');
        await assertNothingStored(style, key, body.email);
      });
    }

    it(`answers ${startedStatus(style)} with the signup and where to look`, async () => {
      const { status, headers, body } = await postUntilDecided(valid());
      assert.equal(status, startedStatus(style));
      assert.equal(headers['location'], `/signups/${body.id}`);
      const found = await exchange<Signup>('GET', headers['location']);
      assert.equal(found.status, 200);
      assert.equal(found.body.email, body.email);
    });

    it('answers 409 where the address is taken, by whichever style', async () => {
      for (const other of styles) {
        const first = uniqueRequest(other);
        assert.equal((await postUntilDecided(first)).status, startedStatus(other));
        const second = await postUntilDecided({ ...valid(), email: first.email });
        const title = 'The e-mail address is taken';
        assertProblem(second, { status: 409, kind: 'email-taken', title, fields: noFields });
      }
    });

    it('answers 422 where the key was used for another request', async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const first = valid();
      const { status, body } = await postUntilDecided(first, headers);
      assert.equal(status, startedStatus(style));
      for (const changed of [
        { email: uniqueEmail() },
        { name: 'Grace Hopper' },
        { name: undefined },
        { phone: undefined },
      ]) {
        const title = 'The Idempotency-Key belongs to another request';
        const reused = await postUntilDecided({ ...first, ...changed }, headers);
        assertProblem(reused, { status: 422, kind: 'key-reused', title, fields: noFields });
      }
      const again = await postUntilDecided(first, headers);
      assert.equal(again.status, startedStatus(style), 'the first request is still good');
      assert.equal(again.body.id, body.id);
    });
  });
}

describe('POST /signups', () => {
  it('takes the same key in each style for a signup of its own', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(styles.map((style) => postUntilDecided(uniqueRequest(style), headers)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      styles.map(startedStatus),
    );
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, styles.length);
  });

  it('reaches whatever address it takes, as it was typed', async () => {
    const local = `t-${randomUUID().slice(0, 8)}`;
    const emails = [
      `${local}&b@example.com`,
      `user=${local}@example.com`,
      `${local}'@example.com`,
      `${local}@xn--e1afmkfd.xn--p1ai`,
      `${local}/?*#^~+@example.com`,
    ];
    const names = ['Gal·la', 'ジョン・スミス', 'علی\u200cرضا', "'t Hooft"];
    for (const [index, email] of emails.entries()) {
      const name = names[index % names.length]!;
      assert.equal((await post(uniqueRequest('choreography', { email, name }))).status, 202, email);
      const { to, text } = await arrival(email, 'welcome');
      assert.equal(to, email);
      assert.ok(text.includes(name), name);
    }
  });

  it('refuses a request without a body', async () => {
    assertInvalid(await exchange('POST', '/signups'), 'body');
    const headers = { 'content-type': 'application/json' };
    assertInvalid(await exchange('POST', '/signups', { headers }), 'email', 'style');
  });

  for (const [what, body] of [
    ['malformed', '{"email":'],
    ['text', 'hello'],
    ['a string', '"hello"'],
    ['null', 'null'],
  ] as const) {
    it(`refuses JSON that is ${what}`, async () => {
      assertInvalid(await post(body, { 'content-type': 'application/json' }), 'body');
    });
  }

  it('takes `null` for JSON, and says what it expects instead', async () => {
    const { body } = await post('null', { 'content-type': 'application/json' });
    assert.match(JSON.stringify(body), /expected a JSON object/);
  });

  it('refuses a body that is not encoded as it says', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    assertInvalid(await post('{}', headers), 'body');
  });

  it('refuses JSON that is a list', async () => {
    assertInvalid(await post([uniqueRequest('choreography')]), 'body');
  });

  for (const style of [undefined, 'both', 'toString', 7]) {
    it(`refuses the style ${JSON.stringify(style)} and stores nothing`, async () => {
      const key = randomUUID();
      const body = { ...uniqueRequest('choreography'), style };
      assertInvalid(await post(body, { 'idempotency-key': key }), 'style');
      for (const each of styles) await assertNothingStored(each, key, body.email);
    });
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', undefined]) {
    it(`answers 415 to ${type ?? 'no content type'} and stores nothing`, async () => {
      const key = randomUUID();
      const request = uniqueRequest('choreography');
      const headers = { 'idempotency-key': key, ...(type === undefined ? {} : { 'content-type': type }) };
      assertNotJson(await post(JSON.stringify(request), headers));
      await assertNothingStored('choreography', key, request.email);
    });
  }

  it('takes JSON with a charset', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    assert.equal((await post(JSON.stringify(uniqueRequest('choreography')), headers)).status, 202);
  });

  it('answers 415 to a charset it cannot read', async () => {
    const headers = { 'content-type': 'application/json; charset=latin1' };
    assertNotJson(await post(JSON.stringify(uniqueRequest('choreography')), headers));
  });

  it('answers 413 to a body over 16 KiB, and looks at one of just 16 KiB', async () => {
    const request = uniqueRequest('choreography');
    const withLength = (bytes: number) => {
      const text = JSON.stringify({ ...request, name: '' });
      return JSON.stringify({ ...request, name: 'a'.repeat(bytes - text.length) });
    };
    const headers = { 'content-type': 'application/json' };
    const over = await post(withLength(16 * 1024 + 1), headers);
    const title = 'The body is too large';
    assertProblem(over, { status: 413, kind: 'too-large', title });
    assertInvalid(await post(withLength(16 * 1024), headers), 'name');
    await assertNothingStored('choreography', '', request.email);
  });
});

describe('GET /signups/<id>', () => {
  for (const style of styles) {
    it(`shows a person to operators only, in the signup and in what a provider quotes, by ${style}`, async () => {
      const request = uniqueRequest(style);
      const reply = `550 5.7.1 <${request.email}> relaying denied`;
      await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply });
      const key = randomUUID();
      // Calls answer what the provider said, as often as they are asked.
      const ask = promises(style, 'parking') ? postUntilDecided : post;
      await ask(request, { 'idempotency-key': key });
      const id = idOf(style, key);
      await historyThat('has what the provider said', id, (rows) =>
        rows.some(({ detail }) => detail?.includes('relaying denied')),
      );
      // The history may have it before the signup does.
      if (promises(style, 'parking')) await signupThat('is parked', id, ({ parked }) => parked.length > 0);
      await endScenario(request.email);
      const { email, phone } = (await exchange<Signup>('GET', `/signups/${id}`)).body;
      assert.deepEqual([email, phone], [request.email, request.phone]);
      for (const path of [`/signups/${id}`, `/signups/${id}/history`]) {
        const headers = { 'x-forwarded-for': '203.0.113.7' };
        const elsewhere = await exchange<Signup>('GET', path, { headers });
        assert.equal(elsewhere.status, 200);
        for (const secret of [request.email, request.email.split('@')[0]!, request.phone!])
          assert.ok(!JSON.stringify(elsewhere.body).includes(secret), path);
      }
      const told = promises(style, 'parking')
        ? [`/signups/${id}`, `/signups/${id}/history`]
        : [`/signups/${id}/history`];
      for (const path of told) {
        const headers = { 'x-forwarded-for': '203.0.113.7' };
        assert.match(JSON.stringify((await exchange('GET', path, { headers })).body), /relaying denied/);
      }
    });

    it(`is the same signup with its id in upper case, by ${style}`, async () => {
      const request = uniqueRequest(style);
      const { id } = (await postUntilDecided(request)).body;
      const found = await exchange<Signup>('GET', `/signups/${id.toUpperCase()}`);
      assert.equal(found.body.id, id);
      assert.equal((await exchange('GET', `/signups/${id.toUpperCase()}/history`)).status, 200);
      const resumed = await exchange<Signup>('POST', `/signups/${id.toUpperCase()}/resume`);
      assert.equal(resumed.body.id, id);
      const link = await linkOf(id);
      const typed = link.replace(id, id.toUpperCase());
      assert.ok([200, 202].includes((await exchange('POST', typed)).status));
    });
  }

  for (const [what, id] of [
    ['unknown', '9b2c2f4e-1a34-8a34-9c2b-0d4f1d2d6f10'],
    ['of a form that is not ours', '9b2c2f4e-58a1-5a34-9c2b-0d4f1d2d6f10'],
    ['no id', 'hello'],
    ['an attempt at SQL', "'%20or%20true%20--"],
    ['very long', 'x'.repeat(2000)],
  ] as const) {
    it(`answers 404 when the id is ${what}`, async () => {
      const answer = await exchange('GET', `/signups/${id}`);
      assertProblem(answer, { status: 404, kind: 'not-found', title: 'Not found' });
    });
  }
});

function assertNotJson(answer: Exchanged): void {
  assertProblem(answer, { status: 415, kind: 'not-json', title: 'The body must be JSON' });
}

/** Neither account nor request nor workflow of a key; neither row nor message of an address. */
async function assertNothingStored(style: Style, key: string, email: unknown): Promise<void> {
  const id = idOf(style, key);
  const address = typeof email === 'string' ? email : `nobody-${key}@example.com`;
  const { rows } = await databaseOf('accounts').query<{ found: number }>(
    `select (select count(*) from accounts where signup_id = $1 or lower(email) = lower($2))
          + (select count(*) from requests where signup_id = $1 or request ->> 'email' = $2)
          + (select count(*) from outbox where signup_id = $1) as found`,
    [id, address],
  );
  assert.equal(Number(rows[0]?.found), 0, 'rows of the accounts service');
  await assert.rejects(temporalClient().workflow.getHandle(workflowId(id)).describe(), WorkflowNotFoundError);
  assert.deepEqual(address.length > 254 ? [] : await mailbox(address), []);
}
