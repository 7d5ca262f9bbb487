/** A real Kafka, as a transport and in what is its own. */
import { strict as assert } from 'node:assert';
import { pause, until } from '../../adapters/waiting.ts';
import { partitions } from '../../messaging/transports/log/log.ts';
import { theStack } from '../stack.ts';
import { onOwnTopic, type OwnTopic } from './kafka-place.ts';
import { itIsATransport } from './transport.ts';
import { activated, queueOf, waysOf, type Ways } from './ways.ts';

describe('A topic of Kafka', () => {
  itIsATransport(onOwnTopic);

  it('keeps each of 5,000 events that are published at once, and keeps each once', async () => {
    await inOwnPlace(async ({ ways }) => {
      const { way, all } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const events = Array.from({ length: 5000 }, () => activated());
      await Promise.all(events.map((event) => way.publish([event])));
      await until('all to be received', () => all(queue).length >= events.length);
      assert.deepEqual(all(queue).toSorted(), events.map(({ id }) => id).toSorted());
    });
  }).timeout(60_000);

  it('loses nothing that it has confirmed when Kafka is killed under load, with 5,000 on their way', async () => {
    await inOwnPlace(async ({ ways }) => {
      const { all } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const publishing = await ways.publishing();
      const confirmed: string[] = [];
      let refusals = 0;
      let isOver = false;
      const publishOne = async () => {
        const event = activated();
        await publishing.publish([event]).then(
          () => confirmed.push(event.id),
          () => (refusals += 1),
        );
      };
      const load = Array.from({ length: 20 }, async () => {
        while (!isOver) {
          await publishOne();
          await pause(10);
        }
      });
      const untilMore = async () => {
        const before = confirmed.length;
        await until('more to be confirmed', () => confirmed.length > before + 200);
      };
      try {
        await untilMore();
        load.push(...Array.from({ length: 5000 }, publishOne));
        await untilMore();
        await theStack().hold('kafka');
        await until('some to be refused', () => refusals > 0);
        await theStack().release('kafka');
        await untilMore();
      } finally {
        isOver = true;
        await theStack().release('kafka');
        await Promise.all(load);
      }
      await until('all that was confirmed to be received', () => {
        const received = new Set(all(queue));
        return confirmed.every((id) => received.has(id));
      });
    });
  }).timeout(120_000);

  it('is read from its beginning where it was made anew meanwhile, however much it holds by then', async () => {
    await inOwnPlace(async ({ ways, admin, topic }) => {
      const { way, all, received, asked } = await ways.listening('notifications', {
        [queue]: ['account.activated'],
      });
      const before = Array.from({ length: 20 }, () => activated());
      await way.publish(before);
      for (const event of before) await received(queue, event);
      const publishing = await ways.publishing();
      await admin.deleteTopics({ topics: [topic] });
      await until('the loss to be noticed', () => !way.isConnected());
      const after = Array.from({ length: 200 }, () => activated());
      await until('events to be taken again', () =>
        publishing.publish(after).then(
          () => true,
          () => false,
        ),
      );
      for (const event of after) await received(queue, event);
      assert.equal(new Set(all(queue)).size, before.length + after.length);
      assert.deepEqual(asked[0]!.keys, ['account.activated']);
    });
  }).timeout(60_000);

  it('is read from its beginning where it was made anew while nobody read, and holds more than was read', async () => {
    await inOwnPlace(async ({ ways, admin, topic }) => {
      const first = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const before = Array.from({ length: 20 }, () => activated());
      await first.way.publish(before);
      for (const event of before) await first.received(queue, event);
      await first.way.drain(20_000);
      await first.way.close();
      const publishing = await ways.publishing();
      await admin.deleteTopics({ topics: [topic] });
      const after = Array.from({ length: 200 }, () => activated());
      await until('events to be taken again', () =>
        publishing.publish(after).then(
          () => true,
          () => false,
        ),
      );
      const again = await ways.listening('notifications', { [queue]: ['account.activated'] });
      for (const event of after) await again.received(queue, event);
      assert.deepEqual(again.asked[0]!.keys, ['account.activated']);
      assert.equal((await again.way.setAside()).remade, partitions);
    });
  }).timeout(60_000);

  it('is read on from its first records where retention has overtaken the reader, which counts what is gone', async () => {
    await inOwnPlace(async ({ ways, admin, topic, ends }) => {
      const first = await ways.listening('notifications', { [queue]: ['account.activated'] });
      // So many that there are some in each partition.
      const read = Array.from({ length: 60 }, () => activated());
      await first.way.publish(read);
      for (const event of read) await first.received(queue, event);
      await first.way.drain(20_000);
      await first.way.close();
      const publishing = await ways.publishing();
      const gone = Array.from({ length: 100 }, () => activated());
      await publishing.publish(gone);
      const cut = (await ends()).map((end, partition) => ({ partition, offset: BigInt(end) }));
      await admin.deleteRecords({ topics: [{ name: topic, partitions: cut }] });
      const again = await ways.listening('notifications', { [queue]: ['account.activated'] });
      const next = activated();
      await publishing.publish([next]);
      await again.received(queue, next);
      const { missed } = await again.way.setAside();
      assert.equal(missed, gone.length);
      const said = ways.said('records were gone before they were read');
      const ranges = said.map(({ from, to }) => Number(to) - Number(from) + 1);
      assert.equal(
        ranges.reduce((sum, records) => sum + records, 0),
        gone.length,
      );
      assert.deepEqual(again.all(queue), [next.id]);
    });
  }).timeout(60_000);
});

const queue = queueOf('notifications');

async function inOwnPlace(use: (place: OwnTopic & { ways: Ways }) => Promise<void>): Promise<void> {
  const place = await onOwnTopic();
  const ways = waysOf(place);
  try {
    await use({ ...place, ways });
  } finally {
    await ways.close();
    await place.remove();
  }
}
