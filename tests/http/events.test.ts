/** `GET /events`: everything that happens, in one order, to each listener once, whatever breaks in between. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import type { FeedEntry } from '../../domain/tracked.ts';
import { send, startSignup, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { withParts } from './bare-app.ts';
import { assertInvalid, assertProblem, exchange } from './exchange.ts';
import { assertWithoutGap, listen, type Listener } from './listener.ts';

/** What is open at the end of a test is closed, whatever came of it. */
const open: Listener[] = [];
afterEach(() => {
  for (const listener of open.splice(0)) listener.leave();
});

async function listening(...how: Parameters<typeof listen>): Promise<Listener> {
  const listener = await listen(...how);
  open.push(listener);
  return listener;
}

/** Waits until a listener was told of a step of a signup. */
const told = (listener: Listener, signupId: string, step: string): Promise<FeedEntry> =>
  until(`${step} of ${signupId} in the feed`, () => {
    const found = listener.entries.find((entry) => entry.signupId === signupId && entry.step === step);
    if (found) return found;
    const own = listener.entries.filter((entry) => entry.signupId === signupId).map((entry) => entry.step);
    throw new Error(`${listener.entries.length} entries, of this signup: ${own.join(', ')}`);
  });

for (const style of styles) {
  describe(`GET /events of ${style}`, () => {
    it('tells each step once, in the order it happened, without the person', async () => {
      const listener = await listening();
      const request = uniqueRequest(style);
      const { id } = await startSignup(request);
      for (const step of ['openAccount', 'sendEmail welcome', 'sendSms welcome', 'recordNotified'])
        await told(listener, id, step);
      assertWithoutGap(listener.entries);
      const own = listener.entries.filter((entry) => entry.signupId === id);
      assert.deepEqual(own.map(({ step, kind }) => `${step} ${kind}`).toSorted(), [
        'openAccount done',
        'recordNotified done',
        'sendEmail welcome done',
        'sendSms welcome done',
      ]);
      assert.ok(own.every((entry) => entry.style === style && entry.attempts === 1 && entry.detail === null));
      for (const { at, notedAt } of own) assert.ok(Math.abs(Date.parse(notedAt) - Date.parse(at)) < 60_000);
      const text = JSON.stringify(listener.entries);
      for (const secret of [request.email, request.phone!, request.name!, '/verify/'])
        assert.ok(!text.includes(secret), secret);
    });
  });
}

describe('GET /events', () => {
  it('goes on without gap or repeat where the api was killed, whatever the styles of what happens', async () => {
    const stack = theStack();
    const inEachStyle = () => Promise.all(styles.map((style) => startSignup(uniqueRequest(style))));
    const before = await listening();
    for (const { id } of await inEachStyle()) await told(before, id, 'recordNotified');
    await stack.kill('api');
    await until('the stream to end', () => before.hasEnded);
    const last = before.entries.at(-1)!.id;
    await stack.untilReady('api');
    // Something happens while nobody listens.
    const missed = await inEachStyle();
    const after = await listening({ after: last });
    for (const { id } of [...missed, ...(await inEachStyle())]) await told(after, id, 'recordNotified');
    assertWithoutGap([...before.entries, ...after.entries]);
  }).timeout(120_000);

  it('begins at the present end, or where it is told to', async () => {
    const { id } = await startSignup(uniqueRequest('choreography'));
    const all = await listening({ query: '?after=0' });
    const { id: last } = await told(all, id, 'recordNotified');
    assertWithoutGap(all.entries, 0);
    const late = await listening();
    const again = await listening({ query: `?after=${last - 1}` });
    const header = await listening({ after: last, query: '?after=0' });
    const { id: next } = await startSignup(uniqueRequest('choreography'));
    for (const listener of [all, late, again, header]) await told(listener, next, 'recordNotified');
    assert.ok(late.entries.every((entry) => entry.id > last && entry.signupId !== id));
    assertWithoutGap(late.entries);
    assertWithoutGap(again.entries, last - 1);
    assertWithoutGap(header.entries, last);
  });

  it('begins at the present end too where it is told to go on after what has not come yet', async () => {
    const listener = await listening({ after: 999_999_999 });
    const { id } = await startSignup(uniqueRequest('choreography'));
    await told(listener, id, 'recordNotified');
    assertWithoutGap(listener.entries);
  });

  it('says when to come back, and that it is still there', async () => {
    const { headers, ...listener } = await listening();
    const watched = open.at(-1)!;
    assert.equal(headers['content-type'], 'text/event-stream');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-accel-buffering'], 'no');
    assert.equal(listener.hasEnded, false);
    await until('the time to come back after', () => watched.retryMs === 1000);
    await until('a heartbeat', () => watched.comments.length > 0);
    assert.deepEqual(watched.comments[0], 'heartbeat');
  });

  it('drops a listener that takes nothing, while others go on; what it missed is still there for it', async () => {
    const slow = await listening();
    const quick = await listening();
    const { id } = await startSignup(uniqueRequest('choreography'));
    const { id: last } = await told(slow, id, 'recordNotified');
    await until('the two to be all who listen', async () => (await listenersNow()) === 2);
    slow.pause();
    // More than the kernel takes for a connection, and all that is kept for one.
    const end = await happens(12_000);
    await until('the quick one to be told of all', () => quick.entries.at(-1)!.id >= end);
    assertWithoutGap(quick.entries);
    await until('the slow one to be dropped', async () => (await listenersNow()) < 2);
    // What is on its way already is taken; then the stream is over.
    slow.resume();
    await until('the end of what was on its way', () => slow.hasEnded);
    const reached = slow.entries.at(-1)!.id;
    assert.ok(reached >= last && reached < end, `dropped at ${reached}, of ${end}`);
    assert.ok(!quick.hasEnded);
    const back = await listening({ after: reached });
    await until('the slow one to catch up', () => (back.entries.at(-1)?.id ?? 0) >= end);
    assertWithoutGap([...slow.entries, ...back.entries]);
  }).timeout(120_000);

  it('goes on by itself after the database was away', async () => {
    const stack = theStack();
    const listener = await listening();
    await stack.kill('postgres');
    for (const name of ['postgres', 'api', 'accounts', 'tracker'] as const) await stack.untilReady(name);
    const { id } = await until('a signup to be taken again', () =>
      startSignup(uniqueRequest('choreography')),
    );
    await told(listener, id, 'recordNotified');
    assertWithoutGap(listener.entries);
    assert.ok(!listener.hasEnded);
  }).timeout(120_000);

  it('ends when the api is stopped, and does not keep it from stopping', async () => {
    const { url, stop } = await theStack().add('api');
    const idle = await listening({}, url);
    const stuck = await listening({ query: '?after=0' }, url);
    stuck.pause();
    await stop();
    await until('the stream to end', () => idle.hasEnded);
  });

  it('takes two hundred listeners, and the next when one has left', () =>
    withParts({}, async (url) => {
      const listeners = await Promise.all(Array.from({ length: 200 }, () => listening({}, url)));
      const answer = await exchange('GET', '/events', { url });
      assertProblem(answer, { status: 503, kind: 'unavailable', title: 'Not available at the moment' });
      listeners[0]!.leave();
      await until('a place', () => listening({}, url));
    }));

  it('refuses an id that is none', async () => {
    for (const id of ['-1', 'x', '1.5', '1e3', '9'.repeat(16)])
      assertInvalid(await exchange('GET', '/events', { headers: { 'last-event-id': id } }), 'Last-Event-ID');
    for (const after of ['', '-1', 'x', '%20'])
      assertInvalid(await exchange('GET', `/events?after=${after}`), 'after');
    assertInvalid(await exchange('GET', '/events?from=1'), 'from');
  });
});

/** Lets so much happen that a listener has something to take: entries of about 2 kB each. Gives the position of the last. */
/** How many the api has, by its own account. */
async function listenersNow(): Promise<number> {
  const { body } = await send<string>('GET', '/metrics');
  return Number(/^duet_feed_readers\{[^}]*\} (\d+)$/m.exec(body)?.[1]);
}

async function happens(count: number): Promise<number> {
  const { rows } = await databaseOf('tracker').query<{ end: number }>(
    `with next as (update feed_position set position = position + $1 returning position),
     appended as (
       insert into feed (position, event_id, signup_id, style, step, kind, attempts, detail, happened_at)
       select position - $1 + number, gen_random_uuid(), gen_random_uuid(), 'choreography', 'sendEmail welcome', 'retrying',
              1, repeat('x', 2000), now()
       from next, generate_series(1, $1::int) as number)
     select position::float8 as end from next`,
    [count],
  );
  return rows[0]!.end;
}
