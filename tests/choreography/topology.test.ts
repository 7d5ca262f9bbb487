/** What is lost on the broker, or was never there, comes back by itself, and with it what was told meanwhile. */
import { strict as assert } from 'node:assert';
import { eventExchange, makeShared } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { until } from '../../adapters/waiting.ts';
import { ownPlace, queue, queueOfUpgrade, type Place } from './own-place.ts';

/** What befalls a topology, each in a place of its own, and all side by side: they mostly wait. */
const plays: Record<string, (place: Place) => Promise<void>> = {
  async 'is made by services that nobody looks after, in whichever order they start'(place) {
    const first = await place.told(await place.start('edge'));
    await place.start('listener');
    // What was published between the exchange and the listener's binding is asked for; the service itself answers, not its edge.
    await place.start('producer');
    await place.isHeard(queue, first);
  },

  async 'gives a service what was told before it was ever started, although it was published and went nowhere'(
    place,
  ) {
    await place.platform({});
    // As the api: it tells, and is asked nothing.
    const first = await place.told(await place.start('edge'));
    await place.isSent(first);
    await place.start('listener');
    const asked = `select from outbox where sent_at is not null and key = 'retell.requested'`;
    await until('the listener to ask', async () => (await place.rowsOf('notifications', asked)) > 0);
    await place.start('producer');
    await place.isHeard(queue, first);
  },

  async 'is there before a service of the stack tells anything'(place) {
    await place.platform();
    const first = await place.told(await place.start('producer'));
    await place.isSent(first);
    await until('the event in the queue', async () => (await place.depthOf(queue)) === 1);
    await place.start('listener');
    await place.isHeard(queue, first);
  },

  async 'grows by a queue at an upgrade, which gets what was told since the version before was seen, and nothing older'(
    place,
  ) {
    await place.platform();
    const { producer, listener } = await place.bothStart();
    const old = await place.told(producer);
    await place.isHeard(queue, old);
    await place.isSent(old);
    await place.stop(listener);
    const hourAgo = `update outbox set sent_at = now() - interval '1 hour' where signup_id = $1`;
    await place.rowsOf('accounts', hourAgo, old);
    const between = await place.told(producer);
    await place.isSent(between);
    await place.start('upgraded');
    await place.isHeard(queueOfUpgrade, between);
    await place.isHeard(queue, between);
    assert.ok(!place.heard.includes(`${queueOfUpgrade} ${old}`));
  },

  async 'loses a queue with what is in it while its service is away: both come back, also where the platform made it again'(
    place,
  ) {
    await place.platform();
    const { producer, listener } = await place.bothStart();
    await place.stop(listener);
    const lost = await place.told(producer);
    await until('the event in the queue', async () => (await place.depthOf(queue)) === 1);
    await place.onBroker((channel) => channel.deleteQueue(queue));
    await place.platform();
    assert.equal(await place.depthOf(queue), 0);
    await place.start('listener');
    await place.isHeard(queue, lost);
  },

  async 'loses the exchange under running services: it is there again within seconds, and what was told meanwhile arrives'(
    place,
  ) {
    await place.platform();
    const { producer } = await place.bothStart();
    await place.onBroker((channel) => channel.deleteExchange(eventExchange));
    await place.isHeard(queue, await place.told(producer));
    await place.isHeard(queue, await place.told(producer));
  },

  async 'has its exchange replaced by one without bindings: what was published into the void is told again'(
    place,
  ) {
    await place.onBroker((_, connection) => makeShared(connection));
    const { producer } = await place.bothStart();
    await place.onBroker(async (channel, connection) => {
      await channel.deleteExchange(eventExchange);
      await makeShared(connection);
    });
    const intoTheVoid = await place.told(producer);
    await place.isSent(intoTheVoid);
    await place.isHeard(queue, intoTheVoid);
  },

  async 'is lost as a whole while everything runs, and comes back as a whole'(place) {
    await place.platform();
    const { producer } = await place.bothStart();
    await place.loseEverything();
    await place.isHeard(queue, await place.told(producer));
  },
};

describe('The topology', function () {
  this.timeout(90_000);

  const places: Place[] = [];
  const played = new Map<string, Promise<void>>();

  before(async () => {
    // One after the other: they share a server's roles.
    for (const title of Object.keys(plays)) {
      const place = await ownPlace();
      places.push(place);
      played.set(title, plays[title]!(place));
      played.get(title)!.catch(() => {});
    }
  });

  after(async () => {
    await Promise.allSettled(played.values());
    for (const place of places) await place.remove();
  });

  for (const title of Object.keys(plays)) it(title, () => played.get(title));
});
