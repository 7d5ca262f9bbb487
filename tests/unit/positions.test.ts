/** How far a service has come in a partition whose records are worked on side by side. */
import { strict as assert } from 'node:assert';
import { positionOf } from '../../messaging/transports/log/positions.ts';

describe('The position in a partition', () => {
  const inHand = (...records: [offset: number, reactions: number][]) => new Map(records);

  it('is behind the last record that was taken, where none is in hand', () => {
    assert.equal(positionOf({ next: 8, inHand: inHand() }), 8);
  });

  it('is at the first record in hand, whatever is done behind it', () => {
    assert.equal(positionOf({ next: 8, inHand: inHand([3, 1], [6, 1]) }), 3);
  });

  it('passes records as they will be settled by a transaction, up to the first that stays in hand', () => {
    const held = { next: 8, inHand: inHand([3, 1], [4, 1], [6, 1]) };
    assert.equal(positionOf(held, [{ offset: 3 }, { offset: 4 }]), 6);
    assert.equal(positionOf(held, [{ offset: 4 }, { offset: 6 }]), 3);
    assert.equal(positionOf(held, [{ offset: 3 }, { offset: 4 }, { offset: 6 }]), 8);
  });

  it('passes no record of which a reaction is still to be done', () => {
    const held = { next: 8, inHand: inHand([3, 2]) };
    assert.equal(positionOf(held, [{ offset: 3 }]), 3);
    assert.equal(positionOf(held, [{ offset: 3 }, { offset: 3 }]), 8);
  });
});
