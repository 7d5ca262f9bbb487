import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { drawMoves, type Move } from '../../../tools/lab/campaign.ts';
import { customersOf } from '../../../tools/lab/customers.ts';

function overlap(one: Move, other: Move): boolean {
  return (
    one.atSeconds < other.atSeconds + other.forSeconds && other.atSeconds < one.atSeconds + one.forSeconds
  );
}

describe('a campaign', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(drawMoves(7, 10), drawMoves(7, 10));
    assert.notDeepEqual(drawMoves(7, 10), drawMoves(8, 10));
  });

  it('heals in time, lets some faults overlap, and never breaks the same thing twice at once', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, minutes) => {
        const moves = drawMoves(seed, minutes);
        assert.ok(moves.length > 0);
        for (const { atSeconds, forSeconds } of moves) assert.ok(atSeconds + forSeconds <= minutes * 60);
        for (const [index, move] of moves.entries()) {
          const together = moves.slice(index + 1).filter((other) => overlap(move, other));
          assert.ok(together.every(({ fault }) => fault.name !== move.fault.name));
        }
      }),
    );
    const long = drawMoves(1, 20);
    assert.ok(long.some((move, index) => long.slice(index + 1).some((other) => overlap(move, other))));
  });
});

describe('the customers of a cell', () => {
  it('are the same for the same seed, and each has an address and a signup of its own', () => {
    const key = '0'.repeat(64);
    const some = customersOf(key, 'cell', 'choreography', 3, 40, ['wait', 'click']);
    assert.deepEqual(customersOf(key, 'cell', 'choreography', 3, 40, ['wait', 'click']), some);
    assert.equal(new Set(some.map(({ signupId }) => signupId)).size, 40);
    assert.equal(new Set(some.map(({ request }) => request.email)).size, 40);
    assert.notDeepEqual(customersOf(key, 'cell', 'choreography', 4, 40, ['wait', 'click']), some);
  });
});
