import { strict as assert } from 'node:assert';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inBatches, inOrderOfKey } from '../../adapters/batches.ts';
import { DatabaseUnavailable } from '../../adapters/postgres.ts';

/** Work that notes its batches and is finished one batch at a time. */
function work(fail: (items: readonly number[]) => Error | undefined = () => undefined) {
  const batches: (readonly number[])[] = [];
  const double = inBatches<number, number>(
    async (items) => {
      batches.push(items);
      await nextTurn();
      const failure = fail(items);
      if (failure) throw failure;
      return items.map((item) => item * 2);
    },
    { atMost: 3 },
  );
  return { batches, double };
}

describe('Batches', () => {
  it('let a lone item go at once', async () => {
    const { batches, double } = work();
    assert.equal(await double(1), 2);
    assert.equal(await double(2), 4);
    assert.deepEqual(batches, [[1], [2]]);
  });

  it('take what comes in the same turn together, and answer each its own', async () => {
    const { batches, double } = work();
    assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6]);
    assert.deepEqual(batches, [[1, 2, 3]]);
  });

  it('take what comes while one is under way with the next, up to their size', async () => {
    const { batches, double } = work();
    const first = double(0);
    await nextTurn();
    const later = Promise.all([1, 2, 3, 4].map(double));
    assert.equal(await first, 0);
    assert.deepEqual(await later, [2, 4, 6, 8]);
    assert.deepEqual(batches, [[0], [1, 2, 3], [4]]);
  });

  it('are repeated one by one when they fail, so that only the culprit fails', async () => {
    const { batches, double } = work((items) => (items.includes(2) ? new Error('no') : undefined));
    const results = await Promise.allSettled([1, 2, 3].map(double));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(batches, [[1, 2, 3], [1], [2], [3]]);
  });

  it('fail as a whole, and at once, while the database is away', async () => {
    const { batches, double } = work(() => new DatabaseUnavailable('away'));
    const results = await Promise.allSettled([1, 2, 3].map(double));
    assert.ok(results.every(({ status }) => status === 'rejected'));
    assert.deepEqual(batches, [[1, 2, 3]]);
  });

  it('go on after a failure', async () => {
    let isDown = true;
    const { double } = work(() => (isDown ? new Error('no') : undefined));
    await assert.rejects(double(1));
    isDown = false;
    assert.equal(await double(1), 2);
  });
});

describe('Work in the order of a key', () => {
  it('fails once all has ended, so that nothing is written after a rollback', async () => {
    const ended: number[] = [];
    const working = inOrderOfKey([1, 2, 3], String, async (item) => {
      if (item === 1) throw new Error('no');
      await nextTurn();
      ended.push(item);
    });
    await assert.rejects(working, /no/);
    assert.deepEqual(ended, [2, 3]);
  });
});
