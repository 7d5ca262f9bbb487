/** What the page asks of the API, against a server that notes what it is asked. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../adapters/waiting.ts';
import { SignupRequest, styles } from '../../../domain/signup.ts';
import { addressFor, askBy, createActions, type Actions } from '../../../web/actions.ts';
import { createStore, type Store } from '../../../web/state.ts';

type Asked = {
  method: string;
  path: string;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
};
type Reply = { status: number; body?: unknown };

/** Actions of a page whose API answers so. */
async function asking(
  reply: (asked: Asked) => Reply | Promise<Reply>,
  test: (page: { actions: Actions; store: Store; asked: Asked[] }) => Promise<void>,
  token: string | null = null,
): Promise<void> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: text === '' ? {} : JSON.parse(text) } as Asked;
      asked.push(one);
      const { status, body } = await reply(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const store = createStore();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    await test({
      actions: createActions(
        store,
        askBy(base, () => token),
      ),
      store,
      asked,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const signup = ({ body }: Asked, id: string) => ({
  id,
  style: body['style'],
  status: 'pending',
  startedAt: '2026-01-01T00:00:00.000Z',
});

describe('What the page asks', () => {
  it('starts a group with one key, one name, and an address for each style', async () => {
    const accepted = (one: Asked) => ({ status: 202, body: signup(one, String(one.body['style'])) });
    await asking(accepted, async ({ actions, store, asked }) => {
      const group = await actions.start({ styles, email: 'ada@example.com', phone: '+15550001111' });
      assert.equal(asked.length, styles.length);
      assert.equal(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size, 1);
      assert.equal(new Set(asked.map(({ body }) => body['email'])).size, styles.length);
      for (const { body } of asked) assert.deepEqual(SignupRequest.parse(body), { ...body, group });
      assert.equal(store.page.selectedGroup, group);
      const requests = Object.values(store.page.groups[0]?.requests ?? {});
      assert.deepEqual(
        requests.map(({ answer }) => answer?.status),
        styles.map(() => 202),
      );
      assert.equal(Object.keys(store.page.groups[0]?.signups ?? {}).length, styles.length);
    });
  });

  it('asks again with the same key and the same body', async () => {
    let answers = 0;
    const unfinished = (one: Asked) =>
      answers++ === 0
        ? { status: 503, body: { title: 'Not finished', detail: 'Repeat it' } }
        : { status: 201, body: signup(one, 'one') };
    await asking(unfinished, async ({ actions, store, asked }) => {
      const [style] = styles;
      const group = await actions.start({ styles: [style], email: 'ada@example.com' });
      const request = () => store.page.groups[0]?.requests[style];
      assert.deepEqual(
        { status: request()?.answer?.status, problem: request()?.answer?.problem },
        { status: 503, problem: 'Not finished: Repeat it' },
      );
      await actions.repeat(group, style);
      assert.equal(request()?.answer?.status, 201);
      assert.equal(request()?.repeated, 1);
      assert.deepEqual(asked[0]?.body, asked[1]?.body);
      assert.equal(asked[0]?.headers['idempotency-key'], asked[1]?.headers['idempotency-key']);
    });
  });

  it('moves the clocks of at most four signups at once', async () => {
    const held: (() => void)[] = [];
    const moved = (one: Asked) =>
      new Promise<Reply>((resolve) =>
        held.push(() =>
          resolve({ status: 200, body: signup({ ...one, body: { style: styles[0] } }, one.path) }),
        ),
      );
    await asking(moved, async ({ actions, asked }) => {
      const ids = Array.from({ length: 6 }, (_, index) => `signup-${index}`);
      const all = actions.fastForward(ids, '24h');
      await until('four to be asked for', () => asked.length === 4);
      held.shift()?.();
      await until('the fifth to be asked for', () => asked.length === 5);
      assert.equal(held.length, 4);
      held.splice(0).forEach((release) => release());
      await until('the sixth to be asked for', () => held.length === 1);
      held[0]?.();
      await all;
      assert.deepEqual(
        asked.map(({ path, body }) => [path, body['by']]).toSorted(),
        ids.map((id) => [`/signups/${id}/fast-forward`, '24h']),
      );
    });
  });

  it('says what was refused, and throws nothing', async () => {
    const refused = () => ({
      status: 409,
      body: { title: 'It cannot be switched here', detail: 'attached' },
    });
    await asking(refused, async ({ actions, store }) => {
      const answer = await actions.breakFault('hold-kafka');
      assert.equal(answer.status, 409);
      assert.deepEqual(
        store.page.notices.map(({ text }) => text),
        ['Not broken: It cannot be switched here: attached'],
      );
    });
  });

  it('says that the API does not answer', async () => {
    const store = createStore();
    const actions = createActions(
      store,
      askBy('http://127.0.0.1:1/', () => null),
    );
    assert.equal((await actions.healAll()).status, 0);
    assert.match(store.page.notices[0]?.text ?? '', /does not answer/);
  });

  it('clicks the link of a mail at its own address, and bears the token', async () => {
    await asking(
      () => ({ status: 200, body: {} }),
      async ({ actions, asked }) => {
        await actions.confirm('https://duet.example/below/verify/the-token');
        assert.deepEqual([asked[0]?.method, asked[0]?.path], ['POST', '/verify/the-token']);
        assert.equal(asked[0]?.headers['authorization'], 'Bearer secret');
      },
      'secret',
    );
  });

  it('makes addresses that differ by style and group, and can be signed up with', () => {
    const addresses = styles.flatMap((style) =>
      ['g-0a1b2c3d', 'g-ffffffff'].map((group) => addressFor('ada@example.com', style, group)),
    );
    assert.equal(new Set(addresses).size, addresses.length);
    for (const email of addresses)
      assert.ok(SignupRequest.safeParse({ email, style: styles[0] }).success, email);
  });
});
