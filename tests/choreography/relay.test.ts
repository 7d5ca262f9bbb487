/** The relay of a service whose styles have a way each: what goes where, and what holds up what. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { tell } from '../../messaging/outbox.ts';
import { startRelay, type Relay } from '../../messaging/relay.ts';
import { askToRetell } from '../../messaging/retell.ts';
import type { Publish } from '../../messaging/transport.ts';
import { gated } from '../messaging/ways.ts';
import { ownServers, type OwnServers } from '../own-servers.ts';

const [here, elsewhere] = styles as unknown as [Style, Style];

describe('The relay', function () {
  this.timeout(60_000);

  let servers: OwnServers;
  const running: Relay[] = [];
  before(async () => {
    servers = await ownServers();
  });
  afterEach(async () => {
    // What one leaves half done at its end would publish what the next test has told.
    await Promise.all(running.splice(0).map((relay) => relay.stop(20_000)));
  });
  after(() => servers.remove());

  it('publishes each event the way of its style, and what is told in one transaction too', async () => {
    const ways = [published(), published()] as const;
    const relay = start([here, ways[0].publish], [elsewhere, ways[1].publish]);
    const ids = [await told(relay, here), await told(relay, elsewhere), ...(await toldTogether(relay))];
    await sent(ids);
    assert.deepEqual(ways[0].ids(), [ids[0], ids[2]].toSorted());
    assert.deepEqual(ways[1].ids(), [ids[1], ids[3]].toSorted());
  });

  it('keeps what has no way, and publishes it once there is one', async () => {
    const without = start([here, published().publish]);
    const [kept, other] = [await told(without, elsewhere), await told(without, here)];
    await sent([other]);
    assert.deepEqual(await unsentOf([kept]), [kept]);
    const way = published();
    start([elsewhere, way.publish]);
    await sent([kept]);
    assert.deepEqual(way.ids(), [kept]);
  });

  it('waits for no way where another answers: not at once, nor with what is left behind, nor at its end', async () => {
    const gate = gated();
    const hanging: Publish = () => gate.opened;
    const left = await Promise.all([here, elsewhere].map((style) => leftBehind(style)));
    const way = published();
    const relay = start([here, hanging], [elsewhere, way.publish]);
    const held = await told(relay, here);
    const atOnce = await told(relay, elsewhere);
    await sent([left[1]!, atOnce]);
    const last = await leftBehind(elsewhere);
    const stopping = relay.stop(20_000);
    await until('it to be published at the end', () => way.ids().includes(last));
    assert.deepEqual(await unsentOf(left), [left[0]]);
    gate.open();
    await stopping;
    await sent([...left, held]);
  });

  it('publishes no event again that is told a second time', async () => {
    const way = published();
    const relay = start([here, way.publish]);
    const signupId = randomUUID();
    const id = await told(relay, here, signupId);
    // Until it is marked it may be taken for left behind.
    await sent([id]);
    const before = way.all().length;
    assert.equal(await told(relay, here, signupId), id, 'the same fact is the same event');
    const after = await told(relay, here);
    await sent([id, after]);
    assert.deepEqual(new Set(way.all().slice(before)), new Set([after]));
  });

  it('tells again what was asked for of a style, and nothing of the others', async () => {
    const ways = [published(), published()] as const;
    const relay = start([here, ways[0].publish], [elsewhere, ways[1].publish]);
    const ids = [await told(relay, here), await told(relay, elsewhere)] as const;
    await sent(ids);
    const before = ways.map((way) => way.all().length);
    await relay.transaction((transaction) => askToRetell(transaction, randomUUID(), { style: elsewhere }));
    await until('it to be told again', () => ways[1].all().length > before[1]!);
    await until('the request to be done with', async () => {
      const { rowCount } = await servers.databases.accounts.query('select from retellings');
      return rowCount === 0;
    });
    assert.equal(ways[0].all().length, before[0]);
    assert.deepEqual(await unsentOf(ids.slice(0, 1)), []);
  });

  function start(...ways: [Style, Publish][]): Relay {
    const relay = startRelay(servers.databases.accounts, new Map(ways));
    running.push(relay);
    return relay;
  }

  /** Tells of a signup, and returns the id of the event. */
  async function told(relay: Pick<Relay, 'transaction'>, style: Style, signupId: string = randomUUID()) {
    const event = await relay.transaction(async (transaction) => {
      const about = { source: '/accounts', style, signupId, time: new Date().toISOString() };
      tell(transaction, about, [{ type: 'account.activated', data: { email: 'ada@example.com' } }]);
      return transaction.told[0]!;
    });
    return event.id;
  }

  /** Tells of a signup of each style in one transaction. */
  async function toldTogether(relay: Relay): Promise<string[]> {
    return relay.transaction(async (transaction) => {
      for (const style of [here, elsewhere]) {
        const about = { source: '/accounts', style, signupId: randomUUID(), time: new Date().toISOString() };
        tell(transaction, about, [{ type: 'account.activated', data: { email: 'ada@example.com' } }]);
      }
      return transaction.told.map(({ id }) => id);
    });
  }

  /** An event as a dead process leaves it behind. */
  async function leftBehind(style: Style): Promise<string> {
    const dead = startRelay(servers.databases.accounts, new Map());
    const id = await told(dead, style);
    await dead.stop(0);
    await servers.databases.accounts.query(
      `update outbox set written_at = now() - interval '1 minute' where id = $1`,
      [id],
    );
    return id;
  }

  async function unsentOf(ids: readonly string[]): Promise<string[]> {
    const { rows } = await servers.databases.accounts.query<{ id: string }>(
      'select id from outbox where sent_at is null and id = any($1)',
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  async function sent(ids: readonly string[]): Promise<void> {
    await until('the events to be marked as sent', async () => (await unsentOf(ids)).length === 0);
  }
});

/** A way that takes everything, and knows what: all in order, or each id once, as what is marked late is published again. */
function published() {
  const taken: string[] = [];
  const publish: Publish = async (envelopes) => void taken.push(...envelopes.map(({ id }) => id));
  return { publish, all: () => taken, ids: () => [...new Set(taken)].toSorted() };
}
