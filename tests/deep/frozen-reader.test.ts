/** A reader of a log that stands still with records in hand, for longer than it may, and goes on when others have its place. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { onOwnTopic } from '../messaging/kafka-place.ts';
import { onOwnServers } from '../messaging/stream-place.ts';
import { activated, gated, queueOf, waysOf, type TransportUnderTest, type Ways } from '../messaging/ways.ts';

const logs: [string, () => Promise<TransportUnderTest>][] = [
  ['streams of RabbitMQ', onOwnServers],
  ['a topic of Kafka', onOwnTopic],
];

for (const [log, opened] of logs) {
  describe(`A frozen reader of ${log}`, function () {
    this.timeout(90_000);
    let place: TransportUnderTest;
    let ways: Ways;
    const queue = queueOf('notifications');
    beforeEach(async () => {
      place = await opened();
      ways = waysOf(place);
    });
    afterEach(async () => {
      await ways.close();
      await place.remove();
    });

    it('moves no position any more by what it had in hand', async () => {
      await using frozen = await frozenWithInHand();
      const other = await anotherReader();
      // What nobody listens to is passed a moment later.
      await until('only those to be waited for', async () => (await place.waiting(queue)) === inHand);
      await frozen.finish();
      assert.equal(await place.waiting(queue), inHand, 'what the other has in hand is not passed');
      other.gate.open();
      await until('all to be passed', async () => (await place.waiting(queue)) === 0);
    });

    it('comes to read its share again, and nothing that another reads', async () => {
      await using frozen = await frozenWithInHand();
      const other = await anotherReader();
      other.gate.open();
      frozen.thaw();
      let last: string[] = [];
      await until('each event to come to one of the two', async () => {
        const before = last;
        const events = Array.from({ length: 12 }, () => activated());
        last = events.map(({ id }) => id);
        await other.publish(events);
        const [read, readThere] = [new Set<string>(), new Set<string>()];
        await until('the events to be read', () => {
          for (const id of other.begun()) read.add(id);
          for (const id of frozen.inHand()) readThere.add(id);
          return last.every((id) => read.has(id) || readThere.has(id));
        });
        const areShared = last.some((id) => read.has(id)) && last.some((id) => readThere.has(id));
        return areShared && ![...before, ...last].some((id) => read.has(id) && readThere.has(id));
      });
    });

    /** A process that was stopped where it stands with so many events in hand. */
    async function frozenWithInHand() {
      const reader = ways.holding(queue);
      await reader.listens();
      const publishing = await ways.publishing();
      await publishing.publish(Array.from({ length: inHand }, () => activated()));
      // What is read again, as its share was taken from it for a moment, is in hand twice.
      await until('all to be in hand', () => new Set(reader.inHand()).size === inHand);
      reader.freeze();
      return reader;
    }

    /** A reader that has got what the frozen one had in hand, and holds it until its gate is opened. */
    async function anotherReader() {
      const gate = gated();
      const begun: string[] = [];
      const { way } = await ways.listening(
        'notifications',
        { [queue]: ['account.activated'] },
        async (_, { id }) => {
          begun.push(id);
          await gate.opened;
        },
      );
      await until('another to have them in hand', () => new Set(begun).size === inHand);
      return { gate, begun: () => begun, publish: way.publish };
    }
  });
}

const inHand = 40;
