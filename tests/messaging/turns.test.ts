/** What a turn in reading a partition makes of the turn before it. */
import { strict as assert } from 'node:assert';
import pino from 'pino';
import { setAsideOf } from '../../messaging/transports/log/log.ts';
import { openReader } from '../../messaging/transports/log/reader.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';

const name = 'a-log';
const partition = 0;

describe('A turn in reading a partition', () => {
  let servers: OwnServers;
  beforeEach(async () => (servers = await ownServers()));
  afterEach(() => servers.remove());

  it('takes no log for made anew that the turn before it reads further at that moment', async () => {
    const database = servers.databases.notifications;
    const asked: unknown[] = [];
    const opened = () =>
      openReader({
        name,
        database,
        listener: {
          subscriptions: [],
          receive: async () => {},
          askAgain: async (missed) => void asked.push(missed),
        },
        inHandAtMost: 100,
        log: pino({ level: 'silent' }),
      });
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
    assert.deepEqual(asked, []);
    assert.equal((await setAsideOf('notifications', { name, database })).remade, 0);
    for (const each of [before, after]) each.stop();
  });
});
