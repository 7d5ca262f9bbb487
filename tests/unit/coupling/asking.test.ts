/** Callers of the coupling bench, against a server that answers as it is told. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { styles } from '../../../domain/signup.ts';
import { arrivalsOf, askAll, type Caller, type Patience } from '../../../tools/bench/coupling/asking.ts';
import { seededRandom } from '../../../tools/bench/load.ts';

describe('Callers of the coupling bench', () => {
  let server: Server;
  let api: string;
  /** What is answered, in turn; nothing where there is none left. */
  let statuses: number[];
  let keys: (string | undefined)[];
  let slowMs: number;

  beforeEach(async () => {
    [statuses, keys, slowMs] = [[], [], 0];
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string);
      const status = statuses.shift();
      if (status !== undefined) void delay(slowMs).then(() => response.writeHead(status).end('{}'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const caller = (index: number, dueMs: number): Caller => ({
    signupId: `signup-${index}`,
    key: `key-${index}`,
    request: { email: `${index}@example.com`, style: styles[0] },
    dueMs,
  });
  const ask = (callers: Caller[], patience: Patience) =>
    askAll({ api, callers, beginAt: Date.now(), patience });

  it('come as often as they are to, with intervals of their own', () => {
    const arrivals = arrivalsOf(seededRandom(1), 10, 1000);
    assert.ok(Math.abs(arrivals.length - 10_000) < 300, String(arrivals.length));
    assert.deepEqual(
      arrivals,
      arrivals.toSorted((one, other) => one - other),
    );
    assert.ok(new Set(arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0))).size > 100);
    assert.deepEqual(arrivalsOf(seededRandom(1), 10, 1000), arrivals);
  });

  it('do not wait for those before them', async () => {
    [statuses, slowMs] = [[202, 202], 300];
    const [first, second] = await ask([caller(1, 0), caller(2, 50)], { leaveAfterMs: 20_000 });
    assert.ok(second!.askedAt < first!.endedAt);
    assert.deepEqual([first!.answer, second!.answer], [202, 202]);
  });

  it('leave when they have waited long enough, and do not come back', async () => {
    const [left] = await ask([caller(1, 0)], { leaveAfterMs: 1000 });
    assert.equal(left!.answer, 'left');
    assert.ok(left!.endedAt - left!.askedAt >= 990);
    assert.deepEqual(keys, ['key-1']);
  });

  it('take a 503 for an answer, unless they repeat', async () => {
    statuses = [503];
    const [turnedAway] = await ask([caller(1, 0)], { leaveAfterMs: 20_000 });
    assert.deepEqual([turnedAway!.answer, turnedAway!.unavailable], [503, 1]);
  });

  it('repeat with the same key until they are answered', async () => {
    statuses = [503, 201];
    const [served] = await ask([caller(1, 0)], { leaveAfterMs: 20_000, repeatWithinMs: 20_000 });
    assert.deepEqual([served!.answer, served!.unavailable], [201, 1]);
    assert.deepEqual(keys, ['key-1', 'key-1']);
  });

  it('notice that there is no connection', async () => {
    const nowhere = { api: 'http://127.0.0.1:1', callers: [caller(1, 0)], beginAt: Date.now() };
    const [failed] = await askAll({ ...nowhere, patience: { leaveAfterMs: 5000 } });
    assert.equal(failed!.answer, 'none');
  });
});
