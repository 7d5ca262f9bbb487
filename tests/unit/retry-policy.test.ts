import { strict as assert } from 'node:assert';
import { retryAfterMs, retryPolicy, verifyBy } from '../../domain/process.ts';

const attempts = Array.from({ length: retryPolicy.maximumAttempts }, (_, index) => index + 1);
const after = (attempt: number) => retryAfterMs(attempt, retryPolicy);

describe('The retry policy', () => {
  it('waits 1 s after the first attempt and twice as long after each further one', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 10].map(after), [1000, 2000, 4000, 8000, 16_000, 512_000]);
  });

  it('never waits longer than 10 minutes', () => {
    assert.equal(after(11), 600_000);
    assert.equal(after(149), 600_000);
    for (const attempt of attempts) assert.ok((after(attempt) ?? 0) <= 600_000, `after ${attempt}`);
  });

  it('gives up after 150 attempts', () => {
    assert.equal(after(150), undefined);
    assert.equal(after(151), undefined);
  });

  it('takes about a day from the first attempt to the last', () => {
    const hours = attempts.reduce((sum, attempt) => sum + (after(attempt) ?? 0), 0) / 3_600_000;
    assert.ok(hours > 22 && hours < 26, `${hours} hours`);
  });
});

describe('The deadline of a signup', () => {
  it('is seven days after step 1, to the millisecond, whatever the clocks do that week', () => {
    assert.equal(verifyBy('2026-10-20T12:00:00.123Z'), '2026-10-27T12:00:00.123Z');
    assert.equal(verifyBy('2028-02-25T00:00:00.000Z'), '2028-03-03T00:00:00.000Z');
  });
});
