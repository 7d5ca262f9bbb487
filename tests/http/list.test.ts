/** `GET /signups`: pages of every style, newest first, each signup once, with nothing of the person in it. */
import { strict as assert } from 'node:assert';
import { listSignups } from '../../tracking/tracked.ts';
import { styles, type Style } from '../../domain/signup.ts';
import type { ListedSignup } from '../../domain/tracked.ts';
import { click, linkIn, startSignup, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { assertInvalid, exchange } from './exchange.ts';

type Page = { items: ListedSignup[]; next: string | null };

async function page(query = ''): Promise<Page> {
  const { status, body } = await exchange<Page>('GET', `/signups${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Waits until the tracker knows a signup as wanted. */
const untilListed = (id: string, style: Style, isSo: (signup: ListedSignup) => boolean) =>
  until(`signup ${id} in the list`, async () => {
    const { items } = await page(`?style=${style}&limit=100`);
    const found = items.find((signup) => signup.id === id);
    if (found && isSo(found)) return found;
    throw new Error(JSON.stringify(found));
  });

for (const style of styles) {
  describe(`GET /signups of ${style}`, () => {
    it('shows how far a signup has come, and nothing of the person', async () => {
      const request = uniqueRequest(style);
      const { id } = await startSignup(request);
      const pending = await untilListed(id, style, ({ notifiedAt }) => notifiedAt !== null);
      assert.equal(pending.status, 'pending');
      assert.equal(pending.endedAt, null);
      await click(await linkIn(request.email));
      const ended = await untilListed(id, style, ({ endedAt }) => endedAt !== null);
      assert.equal(ended.status, 'activated');
      const text = JSON.stringify(await page('?limit=100'));
      for (const secret of [request.email, request.phone!, request.name!]) assert.ok(!text.includes(secret));
    });

    it('gives every signup once, newest first, however small the pages', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 5; count += 1) ids.push((await startSignup(uniqueRequest(style))).id);
      for (const id of ids) await untilListed(id, style, () => true);
      const seen: ListedSignup[] = [];
      let cursor: string | null = null;
      do {
        const { items, next }: Page = await page(
          `?style=${style}&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
        );
        assert.ok(items.length <= 2);
        seen.push(...items);
        cursor = next;
      } while (cursor !== null);
      const order = seen.map(({ startedAt, id }) => `${startedAt} ${id}`);
      assert.deepEqual(order, order.toSorted().toReversed(), 'newest first');
      assert.equal(new Set(order).size, order.length, 'each once');
      const found = seen.map(({ id }) => id).filter((id) => ids.includes(id));
      assert.deepEqual(found, ids.toReversed());
      assert.ok(seen.every((signup) => signup.style === style));
    });
  });
}

describe('GET /signups', () => {
  it('gives a page that begins after a signup, whatever has come in since', async () => {
    for (let count = 0; count < 3; count += 1) {
      const { id } = await startSignup(uniqueRequest('choreography'));
      // Nothing more comes of it by itself, so its row stays as it is.
      await untilListed(id, 'choreography', ({ notifiedAt }) => notifiedAt !== null);
    }
    const first = await page('?style=choreography&limit=1');
    const second = await page(`?style=choreography&limit=1&cursor=${first.next}`);
    const { id } = await startSignup(uniqueRequest('choreography'));
    await untilListed(id, 'choreography', () => true);
    assert.deepEqual(await page(`?style=choreography&limit=1&cursor=${first.next}`), second);
  });

  it('gives those of a status', async () => {
    const { id } = await startSignup(
      uniqueRequest('choreography', { email: `nobody-${Date.now()}@undeliverable.example` }),
    );
    await untilListed(id, 'choreography', ({ status }) => status === 'undeliverable');
    const { items } = await page('?status=undeliverable&limit=100');
    assert.ok(items.some((signup) => signup.id === id));
    assert.ok(items.every(({ status }) => status === 'undeliverable'));
    assert.ok(
      (await page('?limit=100')).items.length > items.length,
      'all of every style, when not asked for less',
    );
  });

  it('gives twenty unless told otherwise', async () => {
    assert.ok((await page()).items.length <= 20);
  });

  it('refuses what it does not know', async () => {
    const read = (query: string) => exchange('GET', `/signups${query}`);
    for (const limit of ['0', '101', '-1', '1.5', 'ten', ''])
      assertInvalid(await read(`?limit=${limit}`), 'limit');
    assertInvalid(await read('?style=both'), 'style');
    assertInvalid(await read('?status=done'), 'status');
    assertInvalid(await read('?group='), 'group');
    assertInvalid(await read('?group=a%20b'), 'group');
    assertInvalid(await read('?email=ada@example.com'), 'email');
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const cursor of [
      '',
      'x',
      encoded({}),
      encoded(['2026-01-01T00:00:00.000Z']),
      encoded(['yesterday', '9b2c2f4e-58a1-5a34-9c2b-0d4f1d2d6f10']),
      encoded(['2026-01-01T00:00:00.000Z', "' or true --"]),
    ])
      assertInvalid(await read(`?cursor=${cursor}`), 'cursor');
    assertInvalid(await read('?cursor=x&style=y&limit=z'), 'cursor', 'style', 'limit');
  });

  it('is empty as long as the tracker never ran', async () => {
    // The notifications service may not see the tracker's views: as if they were not there.
    assert.deepEqual(await listSignups(databaseOf('notifications'), { limit: 1 }), []);
  });
});
