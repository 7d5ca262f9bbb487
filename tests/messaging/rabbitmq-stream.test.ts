/** Streams of a real RabbitMQ, as a transport. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { extentOf } from '../../messaging/transports/rabbitmq-stream/extent.ts';
import { logExchange, makeLog, streamOf } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import { until } from '../../adapters/waiting.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';
import { onOwnServers, onServers } from './stream-place.ts';
import { itIsATransport } from './transport.ts';
import { activated, queueOf, waysOf, type Ways } from './ways.ts';

describe('Streams of RabbitMQ', () => {
  itIsATransport(onOwnServers);

  for (const [holding, records] of [
    ['less', 1],
    ['more', 10],
  ] as const) {
    it(`are read from their beginning where they were made anew and hold ${holding} than was read; what may be lost is asked for`, async () => {
      await onEmptyStreams(async ({ ways, onBroker, untilRecognised }) => {
        const first = await ways.listening('notifications', { [queue]: ['account.activated'] });
        const event = inFirstPartition();
        await first.way.publish([event, inFirstPartition(), inFirstPartition()]);
        await first.received(queue, event);
        await untilRecognised();
        await first.way.drain(20_000);
        await ways.close();
        await onBroker(async (channel, connection) => {
          for (const partition of allPartitions) await channel.deleteQueue(streamOf(partition));
          await makeLog(connection);
        });
        const after = Array.from({ length: records }, inFirstPartition);
        await (await ways.publishing()).publish(after);
        const again = await ways.listening('notifications', { [queue]: ['account.activated'] });
        for (const next of after) await again.received(queue, next);
        // A partition that a busy broker shows too late is looked at again, by itself.
        await until('all to be known', async () => (await again.way.setAside()).remade === partitions);
        assert.equal((await again.way.setAside()).missed, 0);
        const said = ways.said('the log was made anew, and is read from its beginning');
        const known = said.flatMap((each) => each['partitions'] as number[]);
        assert.deepEqual(
          known.toSorted((one, other) => one - other),
          allPartitions,
        );
        assert.equal(again.asked.length, said.length);
        for (const { keys, since } of again.asked) {
          assert.deepEqual(keys, ['account.activated']);
          assert.ok(Date.parse(since!) < Date.now());
        }
      });
    }).timeout(60_000);
  }

  it('are read past what is older than the rows by which a service knows it again', async () => {
    await onEmptyStreams(async ({ ways }) => {
      const [young, next] = [inFirstPartition(), inFirstPartition()];
      const old = [31, 400].map((days) => ({ ...inFirstPartition(), time: daysAgo(days) }));
      await (await ways.publishing()).publish([...old, { ...young, time: daysAgo(29) }, next]);
      const { received, all } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await received(queue, next);
      assert.deepEqual(all(queue).toSorted(), [young.id, next.id].toSorted());
      assert.equal(ways.said('passes records that are too old').length, 1);
    });
  }).timeout(60_000);

  it('are read on from their first record where retention has overtaken the reader, which counts what is gone', async () => {
    await onEmptyStreams(async ({ ways, onBroker }) => {
      await onBroker(async (channel) => {
        await channel.deleteQueue(streamOf(0));
        await channel.assertQueue(streamOf(0), { durable: true, arguments: keptForAMoment });
        await channel.bindQueue(streamOf(0), logExchange, '0');
      });
      const first = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const event = inFirstPartition();
      await first.way.publish([event]);
      await first.received(queue, event);
      await first.way.drain(20_000);
      await ways.close();
      const publishing = await ways.publishing();
      const gone = await until('the first records to be gone', async () => {
        await publishing.publish(Array.from({ length: 200 }, inFirstPartition));
        const { first: kept = 0 } = (await onBroker((_, connection) => extentOf(connection, 0))) ?? {};
        return kept > 1 && kept - 1;
      });
      const again = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const next = inFirstPartition();
      await publishing.publish([next]);
      await again.received(queue, next);
      const { missed } = await again.way.setAside();
      assert.ok(missed! >= gone, `${missed} of ${gone}`);
      const [said] = ways.said('records were gone before they were read');
      const { partition, from, to } = said!;
      assert.deepEqual({ partition, from, to }, { partition: 0, from: 1, to: missed });
      assert.deepEqual(again.asked, []);
    });
  }).timeout(60_000);
});

const queue = queueOf('notifications');

const allPartitions = Array.from({ length: partitions }, (_, partition) => partition);

const keptForAMoment = {
  'x-queue-type': 'stream',
  'x-max-length-bytes': 20_000,
  'x-stream-max-segment-size-bytes': 10_000,
};

/** An event about a signup whose place is the first partition. */
const inFirstPartition = () => activated(`00000000${randomUUID().slice(8)}`);

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();

type Empty = {
  ways: Ways;
  onBroker: OwnServers['onBroker'];
  /** Waits until the service has read of every partition, and knows it by its first record. */
  untilRecognised: () => Promise<void>;
};

async function onEmptyStreams(use: (empty: Empty) => Promise<void>): Promise<void> {
  const servers = await ownServers();
  const place = await onServers(servers);
  const ways = waysOf(place);
  const database = servers.databases.notifications;
  const untilRecognised = async () => {
    await until(
      'every partition to be recognised',
      async () => {
        const { rows } = await database.query<{ known: number }>(
          'select count(incarnation)::int as known from positions where next > 0',
        );
        // One that a busy broker showed too late is read all the same, and looked at when its next turn begins.
        await database.query('update positions set turn = turn + 1 where incarnation is null');
        return rows[0]!.known === partitions;
      },
      { everyMs: 3000 },
    );
  };
  try {
    await use({ ways, onBroker: servers.onBroker, untilRecognised });
  } finally {
    await ways.close();
    await place.remove();
  }
}
