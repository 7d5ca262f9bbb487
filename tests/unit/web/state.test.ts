/** What the page makes of the feed: entries in any order, twice, of steps that it does not know, and what is counted of them. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { styles, type Style } from '../../../domain/signup.ts';
import { hasEnded, timesArrived, type Entry } from '../../../web/seen.ts';
import { selectedGroup, signupIn, type ArrivalSeen } from '../../../web/page.ts';
import { arrivalsKept, withoutArrivals } from '../../../web/arrivals.ts';
import { createStore } from '../../../web/state.ts';
import { entryOf } from './entries.ts';

const [style, another] = styles;
const signupId = '5d5fbd2e-1c7c-8a0a-9a52-000000000001';
const start = Date.parse('2026-01-01T00:00:00.000Z');

let lastId = 0;
function entry(step: string, kind: Entry['kind'], afterMs: number, more: Partial<Entry> = {}): Entry {
  const at = new Date(start + afterMs).toISOString();
  return entryOf({ id: ++lastId, signupId, style, step, kind, at, ...more });
}

const told = [
  entry('openAccount', 'done', 0),
  entry('sendEmail welcome', 'retrying', 1000, { detail: '451 try later' }),
  entry('sendEmail welcome', 'retrying', 2000, { attempts: 2, detail: '451 try later' }),
  entry('sendSms welcome', 'done', 500),
  entry('sendEmail welcome', 'done', 4000, { attempts: 3 }),
  entry('recordNotified', 'done', 4100),
  entry('teleport', 'done', 4200),
  entry('activateAccount', 'done', 9000),
];

const arrival = (id: string, more: Partial<ArrivalSeen> = {}): ArrivalSeen => ({
  id,
  signupId,
  channel: 'email',
  purpose: 'welcome',
  to: 'ada@example.com',
  subject: 'Welcome',
  text: '',
  links: [],
  receivedAt: new Date(start).toISOString(),
  ...more,
});

/** What is drawn of the signup. */
function drawn(store: ReturnType<typeof createStore>) {
  const signup = store.page.signups.get(signupId);
  const steps = [...(signup?.steps.values() ?? [])].map(({ step, kind, attempts, told: all }) => [
    step,
    kind,
    attempts,
    all.map(({ id }) => id),
  ]);
  return { status: signup?.status, steps: steps.toSorted(), counts: store.page.lanes[style].counts };
}

describe('The state of the page', () => {
  it('is the same in whatever order the entries of a signup come, and however often', () => {
    const inOrder = createStore();
    inOrder.apply(told);
    const expected = drawn(inOrder);
    assert.equal(expected.status, 'activated');
    const pieces = fc.array(fc.shuffledSubarray(told, { minLength: 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(pieces, (shuffled) => {
        const store = createStore();
        for (const some of [...shuffled, told.toReversed()]) store.apply(some);
        assert.deepEqual(drawn(store), expected);
        assert.equal(store.page.lastEntryId, told.at(-1)?.id);
      }),
    );
  });

  it('keeps the last attempt of a step until it is over, and all that was told of it', () => {
    const store = createStore();
    store.apply(told.slice(0, 3));
    const step = () => store.page.signups.get(signupId)?.steps.get('sendEmail welcome');
    assert.equal(step()?.attempts, 2);
    assert.equal(step()?.kind, 'retrying');
    store.apply(told);
    assert.equal(step()?.kind, 'done');
    assert.equal(step()?.told.length, 3);
  });

  it('begins the attempts anew where a parked step is tried again', () => {
    const store = createStore();
    store.apply([
      entry('openAccount', 'done', 0),
      entry('sendSms welcome', 'parked', 10_000, { attempts: 150 }),
      entry('sendSms welcome', 'retrying', 20_000),
    ]);
    assert.equal(store.page.signups.get(signupId)?.steps.get('sendSms welcome')?.attempts, 1);
    assert.equal(store.page.lanes[style].counts.parked, 0);
  });

  it('leaves a signup as it is, the same object, where it is told nothing new', () => {
    const store = createStore();
    store.apply(told);
    const before = store.page.signups.get(signupId);
    store.apply(told);
    assert.equal(store.page.signups.get(signupId), before);
  });

  it('puts signups of a group beside each other, and draws a crowd by its cells only', () => {
    const store = createStore();
    store.apply(told);
    store.apply([entry('openAccount', 'done', 0, { signupId: 'other', style: another as Style })]);
    store.select('g-1');
    const group = selectedGroup(store.page);
    assert.equal(signupIn(store.page, group, style)?.id, signupId);
    assert.equal(signupIn(store.page, group, another)?.id, 'other');
    assert.equal(group?.isCrowd, false);
    store.apply([entry('openAccount', 'done', 0, { signupId: 'a second one' })]);
    assert.equal(selectedGroup(store.page)?.isCrowd, true);
  });

  it('counts a message that arrived twice, once for each signup, also where the mail comes before the feed', () => {
    const store = createStore();
    store.arrive([arrival('1'), arrival('2')]);
    store.apply(told);
    store.arrive([arrival('1'), arrival('2'), arrival('3', { channel: 'sms' })]);
    const signup = store.page.signups.get(signupId);
    assert.ok(signup);
    assert.equal(timesArrived(signup, 'sendEmail welcome'), 2);
    assert.equal(timesArrived(signup, 'sendSms welcome'), 1);
    assert.equal(store.page.lanes[style].counts.twice, 1);
    assert.equal(store.page.arrivals.length, 3);
  });

  it('keeps what arrived for its groups when a crowd comes, and not all of the crowd', () => {
    const store = createStore();
    store.apply(told);
    store.select('g-1');
    store.arrive([arrival('own')]);
    const crowd = Array.from({ length: 1000 }, (_, index) => `crowd-${index}`);
    store.apply(crowd.map((id) => entry('openAccount', 'done', 0, { signupId: id, group: 'crowd' })));
    const receivedAt = new Date(start + 1000).toISOString();
    store.arrive(crowd.map((id) => arrival(`mail-${id}`, { signupId: id, receivedAt })));
    assert.ok(store.page.arrivals.some(({ id }) => id === 'own'));
    // One signup of a crowd is drawn in its lane, as that of any group.
    assert.equal(store.page.arrivals.length, 1 + 1 + arrivalsKept.others);
  });

  it('knows of which signups of the group it has nothing, though something was sent, and takes it later', () => {
    const store = createStore();
    store.apply(told.slice(0, 1));
    assert.deepEqual(withoutArrivals(store.page), []);
    store.select('g-1');
    assert.deepEqual(withoutArrivals(store.page), [], 'nothing was sent yet');
    store.apply(told);
    assert.deepEqual(withoutArrivals(store.page), [signupId]);
    const later = { signupId: 'another', receivedAt: new Date(start + 1000).toISOString() };
    store.arrive([
      arrival('pushed out', { signupId: 'old' }),
      ...Array.from({ length: arrivalsKept.others }, (_, index) => arrival(`${index}`, later)),
    ]);
    assert.ok(!store.page.arrivals.some(({ id }) => id === 'pushed out'));
    store.apply([entry('sendEmail welcome', 'done', 0, { signupId: 'old', group: 'g-old' })]);
    store.select('g-old');
    assert.deepEqual(withoutArrivals(store.page), ['old']);
    store.arrive([arrival('pushed out', { signupId: 'old' })]);
    assert.deepEqual(withoutArrivals(store.page), []);
    const old = store.page.signups.get('old');
    assert.equal(
      old && timesArrived(old, 'sendEmail welcome'),
      1,
      'what comes a second time is counted once',
    );
  });

  it('knows how far the time of a signup was moved, by its entries too', () => {
    const store = createStore();
    const days = 24 * 3_600_000;
    store.apply(told.slice(0, 6));
    assert.equal(store.page.signups.get(signupId)?.aheadMs, 0);
    store.move(signupId, days);
    const reminded = entry('sendEmail reminder-1', 'done', days + 5000, {
      notedAt: new Date(start + 5000).toISOString(),
    });
    store.apply([reminded]);
    assert.equal(store.page.signups.get(signupId)?.aheadMs, days);
    const reloaded = createStore();
    reloaded.apply([...told.slice(0, 6), reminded]);
    assert.equal(reloaded.page.signups.get(signupId)?.aheadMs, days);
  });

  it('counts thousands in the status they have come to', () => {
    const store = createStore();
    const many = Array.from({ length: 2000 }, (_, index) => `signup-${index}`);
    store.apply(many.map((id) => entry('openAccount', 'done', 0, { signupId: id, group: 'crowd' })));
    store.apply(
      many
        .filter((_, index) => index % 2 === 0)
        .map((id) => entry('activateAccount', 'done', 10, { signupId: id, group: 'crowd' })),
    );
    const { pending, activated, opening } = store.page.lanes[style].counts;
    assert.deepEqual({ pending, activated, opening }, { pending: 1000, activated: 1000, opening: 0 });
    assert.ok([...store.page.signups.values()].filter(hasEnded).length === 1000);
  });

  it('tells its subscribers once for many entries, and no more once they have left', () => {
    const store = createStore();
    let times = 0;
    const leave = store.subscribe(() => times++);
    store.apply(told);
    assert.equal(times, 1);
    leave();
    store.apply([entry('openAccount', 'done', 0, { signupId: 'another' })]);
    assert.equal(times, 1);
  });
});
