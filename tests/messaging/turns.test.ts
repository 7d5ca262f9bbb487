/** What a turn in reading a partition makes of the turn before it, and of what it is told that the partition holds. */
import { strict as assert } from 'node:assert';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { setAsideOf } from '../../messaging/transports/log/log.ts';
import { openReader } from '../../messaging/transports/log/reader.ts';
import type { Listener } from '../../messaging/transport.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';
import { activated, gated, queueOf } from './ways.ts';

const name = 'a-log';
const partition = 0;

describe('A turn in reading a partition', () => {
  let servers: OwnServers;
  let asked: unknown[];
  beforeEach(async () => {
    servers = await ownServers();
    asked = [];
  });
  afterEach(() => servers.remove());

  it('takes no log for made anew that the turn before it reads further at that moment', async () => {
    const [before, after] = [opened(), opened()];
    const extents = new Map([[partition, { first: 0, end: 1 }]]);
    const [reading] = await before.reader.begin([partition], async () => extents);
    await reading!.take(0, '[]');
    const [next] = await after.reader.begin([partition], async () => {
      // Published since the look, and read by who had the partition.
      await reading!.take(1, '[]');
      await before.finish(1000);
      return extents;
    });
    assert.ok(next!.from <= 1, `it reads from ${next!.from}`);
    await assertNotRemade();
    for (const each of [before, after]) each.stop();
  });

  it('does not begin while it cannot be said what a partition holds of which something was read', async () => {
    const { reader, finish, stop } = opened();
    const nothing = async () => new Map();
    const [first] = await reader.begin([partition], nothing);
    assert.equal(first!.from, 0);
    await first!.take(0, '[]');
    await first!.leave();
    assert.deepEqual(await reader.begin([partition], nothing), []);
    const [next] = await reader.begin([partition], async () => new Map([[partition, { first: 1, end: 1 }]]));
    assert.equal(next!.from, 1);
    await assertNotRemade();
    await finish(1000);
    stop();
  });

  it('has no more in hand together with others than is said, also where they take at the same moment', async () => {
    const gate = gated();
    let inHand = 0;
    const { reader, finish, stop } = opened({
      inHandAtMost: 1,
      subscriptions: [{ queue: queueOf('notifications'), on: ['account.activated'] }],
      async receive() {
        inHand += 1;
        await gate.opened;
        inHand -= 1;
      },
    });
    const [one, other] = await reader.begin([0, 1], async () => new Map());
    const [first, second] = [one!, other!].map((each) => each.take(0, JSON.stringify(activated())));
    await first;
    await nextTurn();
    assert.equal(inHand, 1);
    gate.open();
    await second;
    await finish(1000);
    stop();
  });

  function opened({
    inHandAtMost = 100,
    ...listening
  }: Partial<Pick<Listener, 'subscriptions' | 'receive'>> & { inHandAtMost?: number } = {}) {
    return openReader({
      name,
      database: servers.databases.notifications,
      listener: {
        subscriptions: [],
        receive: async () => {},
        askAgain: async (missed) => void asked.push(missed),
        ...listening,
      },
      inHandAtMost,
      log: pino({ level: 'silent' }),
    });
  }

  async function assertNotRemade(): Promise<void> {
    assert.deepEqual(asked, []);
    const database = servers.databases.notifications;
    assert.equal((await setAsideOf('notifications', { name, database })).remade, 0);
  }
});
