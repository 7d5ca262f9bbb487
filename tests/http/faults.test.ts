/** The switches over HTTP: who may use them, what they take, and what they answer. What they do is in `tests/platform/faults.test.ts`. */
import { strict as assert } from 'node:assert';
import { faultNames, type FaultState } from '../../domain/faults.ts';
import { theStack } from '../stack.ts';
import { withParts } from './bare-app.ts';
import { assertInvalid, assertProblem, exchange, type Exchanged } from './exchange.ts';

const put = (name: string, body?: unknown, headers: Record<string, string> = {}) =>
  exchange<FaultState>('PUT', `/faults/${name}`, { ...(body !== undefined && { body }), headers });

async function listed(): Promise<FaultState[]> {
  const { status, body } = await exchange<{ faults: FaultState[] }>('GET', '/faults');
  assert.equal(status, 200);
  return body.faults;
}

const broken = async () => (await listed()).filter(({ healsAt }) => healsAt !== null);

function assertNoContent({ status, body }: Exchanged): void {
  assert.equal(status, 204);
  assert.equal(body, '');
}

describe('GET /faults', () => {
  it('tells of every fault, in the order of the catalogue, whether it can be switched, and why not', async () => {
    const all = await listed();
    assert.deepEqual(
      all.map(({ name }) => name),
      faultNames,
    );
    const missing = new Map(all.flatMap(({ name, whyNot }) => (whyNot === null ? [] : [[name, whyNot]])));
    for (const { name, isHere } of all) assert.equal(isHere, !missing.has(name), name);
    assert.ok(!missing.has('mail-slow'));
    assert.ok(!missing.has('hold-postgres'));
    assert.match(missing.get('poison') ?? '', /`npm run stage`/);
  });
});

describe('PUT /faults/<name>', () => {
  afterEach(async () => assertNoContent(await exchange('DELETE', '/faults')));

  it('breaks it for ten seconds, and all see since when and by whom', async () => {
    const askedAt = Date.now();
    const { status, body } = await put('sms-503', { askedBy: 'page' });
    assert.equal(status, 200);
    assert.equal(body.askedBy, 'page');
    assert.ok(Date.parse(body.healsAt!) >= askedAt + 10_000, `${body.healsAt}`);
    assert.ok(body.remainingMs! > 0 && body.remainingMs! <= 10_000, `${body.remainingMs}`);
    const [seen, ...others] = await broken();
    assert.deepEqual(others, []);
    assert.deepEqual({ ...seen, remainingMs: body.remainingMs }, body);
  });

  it('needs no body, and begins the time anew when it is repeated', async () => {
    const first = await put('sms-503');
    assert.equal(first.body.askedBy, null);
    const second = await put('sms-503', { forMs: 60_000 });
    assert.ok(second.body.remainingMs! > 10_000);
    assert.ok(Date.parse(second.body.healsAt!) > Date.parse(first.body.healsAt!));
    assert.equal((await broken()).length, 1);
  });

  it('refuses a time that is none, or longer than two minutes', async () => {
    for (const forMs of [0, -1, 1.5, 120_001, 1_000_000_000, '10s', null])
      assertInvalid(await put('sms-503', { forMs }), 'forMs');
    assertInvalid(await put('sms-503', { for: '10s' }), 'for');
    assertInvalid(await put('sms-503', { askedBy: '<b>page</b>' }), 'askedBy');
    assertInvalid(await put('sms-503', { askedBy: '' }), 'askedBy');
    assert.deepEqual(await broken(), []);
  });

  it('refuses a name that is none', async () => {
    for (const name of ['mail', 'MAIL-550', '__proto__', 'hold-supervisor', 'kill-postgres', '%00']) {
      const answer = await put(name);
      assertProblem(answer, { status: 404, kind: 'not-found', title: 'Not found' });
    }
    assertProblem(await exchange('DELETE', '/faults/mail'), {
      status: 404,
      kind: 'not-found',
      title: 'Not found',
    });
  });

  it('refuses what is no JSON', async () => {
    const title = 'The body must be JSON';
    const headers = { 'content-type': 'text/plain' };
    assertProblem(await put('sms-503', '{"forMs":1000}', headers), { status: 415, kind: 'not-json', title });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assertProblem(await put('sms-503', 'forMs=1000', form), { status: 415, kind: 'not-json', title });
    assertInvalid(await put('sms-503', '{"forMs":', { 'content-type': 'application/json' }), 'body');
    assertInvalid(await put('sms-503', [1000]), 'body');
    assert.deepEqual(await broken(), []);
  });

  it('refuses what this stack cannot break, and says with what it could', async () => {
    const title = 'This cannot be switched here, or not now';
    const problem = assertProblem(await put('silence-kafka'), { status: 409, kind: 'not-switchable', title });
    assert.match(problem.detail ?? '', /`npm run stage`/);
  });

  it('refuses another switch of the same process while one is on', async () => {
    assert.equal((await put('mail-451', { forMs: 60_000 })).status, 200);
    const title = 'This cannot be switched here, or not now';
    const problem = assertProblem(await put('hold-mailbox'), { status: 409, kind: 'not-switchable', title });
    assert.match(problem.detail ?? '', /`mail-451` is on/);
    assertNoContent(await exchange('DELETE', '/faults/mail-451'));
    assert.deepEqual(await broken(), []);
  });
});

describe('DELETE /faults', () => {
  it('heals everything, or one, and does no harm where nothing is broken', async () => {
    await put('mail-451', { forMs: 60_000 });
    await put('sms-503', { forMs: 60_000 });
    assertNoContent(await exchange('DELETE', '/faults/mail-451'));
    assertNoContent(await exchange('DELETE', '/faults/mail-451'));
    assert.deepEqual(
      (await broken()).map(({ name }) => name),
      ['sms-503'],
    );
    assertNoContent(await exchange('DELETE', '/faults'));
    assert.deepEqual(await broken(), []);
    assertNoContent(await exchange('DELETE', '/faults'));
  });
});

describe('The switches', () => {
  const operations = [
    ['GET', '/faults'],
    ['DELETE', '/faults'],
    ['PUT', '/faults/kill-accounts'],
    ['DELETE', '/faults/kill-accounts'],
  ] as const;

  for (const [method, path] of operations) {
    it(`refuse ${method} ${path} of a page of another site, and by another name`, async () => {
      const pid = theStack().pidOf('accounts');
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { host: 'evil.example' },
        { host: 'evil.example', origin: 'http://evil.example' },
      ]) {
        const answer = await exchange(method, path, { headers });
        const title = 'This request is not for this site';
        assertProblem(answer, { status: 403, kind: 'another-site', title });
      }
      assert.equal(theStack().pidOf('accounts'), pid);
    });

    it(`refuse ${method} ${path} that came by way of a proxy`, async () => {
      const pid = theStack().pidOf('accounts');
      for (const headers of [
        { 'x-forwarded-for': '203.0.113.7' },
        { forwarded: 'for=127.0.0.1;host=localhost' },
        { via: '1.1 proxy' },
      ]) {
        const answer = await exchange(method, path, { headers });
        const title = 'This route is for operators';
        assertProblem(answer, { status: 403, kind: 'not-an-operator', title });
      }
      assert.equal(theStack().pidOf('accounts'), pid);
    });

    it(`answer 503 to ${method} ${path} where no supervisor has started the API`, () =>
      withParts({}, async (url) => {
        const answer = await exchange(method, path, { url });
        const title = 'There is no supervisor to ask';
        assertProblem(answer, { status: 503, kind: 'no-supervisor', title });
      }));
  }

  it('take no preflight of a browser', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' };
    const { status, headers: answered } = await exchange('OPTIONS', '/faults/kill-api', { headers });
    assert.equal(status, 403);
    assert.equal(answered['access-control-allow-origin'], undefined);
  });
});
