/** What a cell of the coupling bench comes to, from calls made up to be worked out by hand. */
import { strict as assert } from 'node:assert';
import type { Call } from '../../../tools/bench/coupling/asking.ts';
import { answersOf, mostInFlight, notifiedWithin } from '../../../tools/bench/coupling/figures.ts';

const call = (askedAt: number, endedAt: number, answer: Call['answer'], unavailable = 0): Call => ({
  signupId: `signup-${askedAt}`,
  askedAt,
  endedAt,
  answer,
  unavailable,
});

describe('A cell of the coupling bench', () => {
  it('counts what callers got, and how long they waited, whatever they got', () => {
    const answers = answersOf([
      call(0, 10, 202),
      call(100, 1100, 201),
      call(200, 1201, 202),
      call(300, 310, 503, 1),
      call(400, 10_400, 'left', 2),
      call(500, 501, 'none'),
    ]);
    assert.deepEqual(answers, {
      asked: 6,
      accepted: 3,
      left: 1,
      failed: 1,
      unavailable: 3,
      p50Ms: 10,
      p99Ms: 10_000,
      longestMs: 10_000,
      // A second exactly is within a second; a 503 is no signup, however fast it is.
      within1s: 2 / 6,
    });
  });

  it('has as many callers in flight as wait at one moment', () => {
    assert.equal(mostInFlight([]), 0);
    assert.equal(mostInFlight([call(0, 10, 202), call(10, 20, 202), call(20, 30, 202)]), 1);
    assert.equal(mostInFlight([call(0, 30, 202), call(10, 20, 202), call(15, 25, 202)]), 3);
  });

  it('counts as notified those who asked, from when they asked', () => {
    const notified: Record<string, number> = { 'signup-0': 1000, 'signup-1': 10_001, 'signup-2': 60_003 };
    const calls = [0, 1, 2, 3].map((askedAt) => call(askedAt, askedAt, 202));
    assert.deepEqual(
      notifiedWithin(calls, (id) => notified[id]),
      { within1s: 0.25, within10s: 0.5, within60s: 0.5 },
    );
  });
});
