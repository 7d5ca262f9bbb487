/**
 * What every transport has to do, whatever it is made of. Where transports differ, their features say how.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Envelope } from '../../domain/envelope.ts';
import { aboutSignup } from '../wire.ts';
import { until } from '../../adapters/waiting.ts';
import { activated, closed, gated, queueOf, waysOf, type TransportUnderTest, type Ways } from './ways.ts';

/** Tests a transport in a `describe` of its own. `opened` makes a place where all may be broken. */
export function itIsATransport(opened: () => Promise<TransportUnderTest>): void {
  describe('as a transport', function () {
    this.timeout(60_000);

    let place: TransportUnderTest;
    let ways: Ways;
    before(async () => {
      place = await opened();
      ways = waysOf(place);
    });
    afterEach(async () => {
      place.mend();
      await ways.close();
      // What a test leaves is not for the next one.
      await place.pass?.();
    });
    after(() => place.remove());

    it('brings an event to every subscription that listens to it, and to no other', async () => {
      const [one, both, other] = [queueOf('accounts'), queueOf('accounts'), queueOf('notifications')];
      const here = await ways.listening('accounts', {
        [one]: ['account.activated'],
        [both]: ['account.activated', 'account.closed'],
      });
      const there = await ways.listening('notifications', { [other]: ['account.closed'] });
      const [first, second] = [activated(), closed()];
      await here.way.publish([first]);
      await here.received(one, first);
      await here.received(both, first);
      await here.way.publish([second]);
      await here.received(both, second);
      await there.received(other, second);
      assert.deepEqual(here.all(one), [first.id]);
      assert.deepEqual(there.all(other), [second.id]);
    });

    it('brings all of a batch once, each event as it was published', async () => {
      const queue = queueOf('notifications');
      const content = new Map<string, Envelope>();
      const { way, received, all } = await ways.listening(
        'notifications',
        { [queue]: ['account.activated', 'account.closed'] },
        async (_, envelope) => void content.set(envelope.id, envelope),
      );
      const batch = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? closed() : activated()));
      await way.publish(batch);
      for (const event of batch) await received(queue, event);
      assert.equal(all(queue).length, batch.length);
      for (const event of batch) assert.deepEqual(content.get(event.id), event);
    });

    it('keeps what is published while a service is away', async () => {
      const queue = queueOf('notifications');
      const before = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await before.way.drain(20_000);
      await before.way.close();
      const meanwhile = activated();
      await (await ways.publishing()).publish([meanwhile]);
      const again = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await again.received(queue, meanwhile);
    });

    it('brings an event again that was not taken, after what follows it unless it keeps the order', async () => {
      const queue = queueOf('notifications');
      const signupId = randomUUID();
      const [first, second] = [activated(signupId), closed(signupId)];
      let refusals = 0;
      const listener = await ways.listening(
        'notifications',
        { [queue]: ['account.activated', 'account.closed'] },
        async (_, { id }) => {
          if (id === first.id && refusals++ === 0) throw new Error('not yet');
        },
      );
      await listener.way.publish([first, second]);
      await listener.received(queue, first);
      await listener.received(queue, second);
      const inOrder = [first.id, second.id];
      const { keepsOrder } = place.of('notifications').features;
      assert.deepEqual(listener.all(queue), keepsOrder ? inOrder : inOrder.toReversed());
    });

    it('brings an event again whose listener was killed with it in hand', async () => {
      const queue = queueOf('notifications');
      await using holder = ways.holding(queue);
      const publishing = await ways.publishing();
      const event = activated();
      await holder.listens();
      await publishing.publish([event]);
      await until('the listener to have it in hand', () => holder.inHand().includes(event.id));
      await holder.kill();
      const { received } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await received(queue, event);
    });

    it('sets aside what cannot be read, counts it, and goes on', async () => {
      const queue = queueOf('notifications');
      const { way, received, all } = await ways.listening('notifications', {
        [queue]: ['account.activated'],
      });
      const unread = async () => {
        const { deadLetters } = await way.setAside();
        return [...deadLetters.values()].reduce((sum, messages) => sum + messages, 0);
      };
      const event = activated();
      const before = await unread();
      await place.publishRaw('account.activated', 'no JSON');
      await place.publishRaw('account.activated', JSON.stringify({ ...event, dataversion: 1000 }));
      await way.publish([event]);
      await received(queue, event);
      await until('both to be counted', async () => (await unread()) === before + 2);
      assert.deepEqual(all(queue), [event.id]);
    });

    it('counts what no subscription listens to, where it says that it keeps it', async () => {
      const way = await ways.publishing();
      const unrouted = async () => (await way.setAside()).unrouted;
      if (!place.of('accounts').features.keepsUnrouted) return assert.equal(await unrouted(), undefined);
      // That by which earlier ways looked after themselves goes within a second.
      await until('nothing to be counted', async () => (await unrouted()) === 0);
      await way.publish([aboutSignup(randomUUID(), { type: 'resume.requested', data: {} })]);
      await until('it to be counted', async () => (await unrouted()) === 1);
    });

    it('gives a new subscription the past, or has its service ask for it', async () => {
      const queue = queueOf('notifications');
      const early = activated();
      await (await ways.publishing()).publish([early]);
      const late = await ways.listening('notifications', { [queue]: ['account.activated'] });
      if (place.of('notifications').features.remembersThePast) return late.received(queue, early);
      await until('its service to ask', () =>
        late.asked.some(({ keys }) => keys.includes('account.activated')),
      );
      const next = activated();
      await late.way.publish([next]);
      await late.received(queue, next);
      assert.deepEqual(late.all(queue), [next.id]);
    });

    it('gives a service no more in hand than it says, and the rest once there is room', async () => {
      const queue = queueOf('notifications');
      const { inHandAtMost } = place.of('notifications').features;
      const gate = gated();
      let inHand = 0;
      let most = 0;
      const { way, all } = await ways.listening(
        'notifications',
        { [queue]: ['account.activated'] },
        async () => {
          inHand += 1;
          most = Math.max(most, inHand);
          await gate.opened;
          inHand -= 1;
        },
      );
      const events = Array.from({ length: inHandAtMost + 500 }, () => activated());
      await way.publish(events);
      await until('all hands to be full', () => inHand >= inHandAtMost);
      await until('the rest to wait outside', async () => (await place.waiting(queue)) > 0);
      assert.equal(most, inHandAtMost);
      gate.open();
      await until('the rest to come', () => new Set(all(queue)).size === events.length);
      assert.equal(most, inHandAtMost);
    });

    it('comes back by itself after its connections were cut, and brings again what was in hand', async () => {
      const queue = queueOf('notifications');
      const gate = gated();
      const begun: string[] = [];
      const { way, received } = await ways.listening(
        'notifications',
        { [queue]: ['account.activated'] },
        async (_, { id }) => {
          begun.push(id);
          await gate.opened;
        },
      );
      const [held, refused, next] = [activated(), activated(), activated()];
      await way.publish([held]);
      await until('the first to be in hand', () => begun.includes(held.id));
      place.cut();
      await until('the cut to be noticed', () => !way.isConnected());
      await assert.rejects(way.publish([refused]));
      if (place.of('notifications').features.setsAsideWithService) await way.setAside();
      else await assert.rejects(way.setAside());
      place.mend();
      await until('a way back', () => way.isConnected());
      await until('the first to come again', () => begun.filter((id) => id === held.id).length >= 2);
      gate.open();
      await way.publish([next]);
      await received(queue, next);
      assert.ok(!begun.includes(refused.id), 'what was refused is with its publisher');
    });

    it('finishes what is in hand when it is drained, and takes nothing further', async () => {
      const queue = queueOf('notifications');
      const gate = gated();
      // By their ids: where a turn of a partition begins anew, what is in hand comes again.
      const inHand = new Set<string>();
      const first = await ways.listening(
        'notifications',
        { [queue]: ['account.activated'] },
        async (_, { id }) => {
          inHand.add(id);
          await gate.opened;
        },
      );
      const publishing = await ways.publishing();
      const [held, later] = [[activated(), activated(), activated()], activated()];
      for (const event of held) await publishing.publish([event]);
      await until('three to be in hand', () => {
        if (inHand.size === held.length) return true;
        throw new Error(`${inHand.size} are`);
      });
      let isDrained = false;
      const draining = first.way.drain(20_000).then(() => (isDrained = true));
      await until('nothing further to be taken', async () => {
        await publishing.publish([later]);
        return (await place.waiting(queue)) > 0;
      });
      await nextTurn();
      assert.ok(!isDrained, 'it waits for what is in hand');
      gate.open();
      await draining;
      const done = first.all(queue);
      for (const { id } of held) assert.ok(done.includes(id));
      await first.way.close();
      const second = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await second.received(queue, later);
      assert.ok(
        !second.all(queue).some((id) => done.includes(id) && id !== later.id),
        'what was finished stays so',
      );
    });

    it('is drained within its time, and closed: what was not finished comes again', async () => {
      const queue = queueOf('notifications');
      let inHand = 0;
      const stuck = await ways.listening('notifications', { [queue]: ['account.activated'] }, async () => {
        inHand += 1;
        await new Promise<never>(() => {});
      });
      const event = activated();
      await stuck.way.publish([event]);
      await until('it to be in hand', () => inHand === 1);
      await stuck.way.drain(100);
      await stuck.way.close();
      const { received } = await ways.listening('notifications', { [queue]: ['account.activated'] });
      await received(queue, event);
    });

    it('leaves no connection behind when it is closed, and publishes nothing more', async () => {
      const { way } = await ways.listening('notifications', {
        [queueOf('notifications')]: ['account.activated'],
      });
      const unheard = await ways.publishing();
      assert.ok(place.connections() > 0);
      place.cut();
      const unconnected = await ways.unconnected();
      place.mend();
      for (const each of [way, unheard, unconnected]) await each.close();
      await until('all connections to be gone', () => place.connections() === 0);
      await assert.rejects(way.publish([activated()]));
      assert.equal(way.isConnected(), false);
    });
  });
}
