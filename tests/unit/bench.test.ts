/** The figures of the benchmark, from measurements made up to be worked out by hand. */
import { strict as assert } from 'node:assert';
import { percentile } from '../../domain/percentile.ts';
import {
  median,
  mediansOf,
  ratios,
  windowOf,
  type Reading,
  type SystemName,
  type Window,
} from '../../tools/bench/figures.ts';
import { seededRandom } from '../../tools/bench/load.ts';

const reading = (at: number, counted: number): Reading => ({
  at,
  cpuSeconds: { api: counted, postgres: counted / 2, load: counted },
  stolenSeconds: counted / 10,
  machineSeconds: 10 * counted,
  idleSeconds: 6 * counted,
  commits: counted * 2,
  messages: counted * 3,
});

/** A window of which only the throughput matters. */
function window(system: SystemName, clients: number, signupsPerSecond: number): Window {
  const empty = windowOf({ system, clients }, [], [reading(0, 0), reading(1000, 1)], []);
  return { ...empty, signupsPerSecond, p50Ms: 1000 / signupsPerSecond };
}

describe('Figures of the benchmark', () => {
  it('take the percentile by nearest rank, in any order', () => {
    const values = [50, 20, 30, 10, 40];
    assert.deepEqual(
      [0, 20, 21, 50, 95, 100].map((percent) => percentile(values, percent)),
      [10, 10, 20, 30, 50, 50],
    );
    assert.ok(Number.isNaN(percentile([], 50)));
  });

  it('take the median, of an even number between the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([1, 2, 4, 9]), 3);
    assert.equal(median([7]), 7);
    assert.ok(Number.isNaN(median([])));
  });

  it('count what was notified within the window, and nothing before or after', () => {
    const played = [999, 1000, 2000, 2999, 3000].map((notifiedAt, index) => ({
      sentAt: notifiedAt - 10 * (index + 1),
      acceptedAt: notifiedAt - 5,
      notifiedAt,
    }));
    const figures = windowOf(
      { system: 'choreography', clients: 2 },
      played,
      [reading(1000, 100), reading(3000, 106)],
      ['api', 'postgres'],
    );
    assert.equal(figures.signups, 3);
    assert.equal(figures.seconds, 2);
    assert.equal(figures.signupsPerSecond, 1.5);
    assert.equal(figures.p50Ms, 30);
    assert.equal(figures.p95Ms, 40);
    assert.equal(figures.acceptedP50Ms, 25);
    assert.equal(figures.commitsPerSignup, 4);
    assert.equal(figures.messagesPerSignup, 6);
    assert.ok(Math.abs(figures.stolen - 0.01) < 1e-9);
    // Of ten seconds six were idle, 0.1 stolen, 2.5 used by what is measured and by the load.
    assert.ok(Math.abs(figures.foreign - 0.14) < 1e-9);
  });

  it('count the CPU of the system, not that of the load', () => {
    const played = [{ sentAt: 1000, acceptedAt: 1001, notifiedAt: 1002 }];
    const figures = windowOf(
      { system: 'choreography', clients: 1 },
      played,
      [reading(1000, 0), reading(2000, 2)],
      ['api', 'postgres'],
    );
    assert.equal(figures.cpuSecondsPer1000, 3000);
    assert.deepEqual(figures.cpuSecondsPer1000ByProcess, { api: 2000, postgres: 1000, load: 2000 });
  });

  it('are the median of each kind of window, with the smallest and the largest', () => {
    const medians = mediansOf([
      ...[100, 300, 200].map((perSecond) => window('choreography', 20, perSecond)),
      window('choreography', 1, 30),
    ]);
    assert.deepEqual(
      medians.map(({ system, clients, spread }) => [system, clients, spread.signupsPerSecond]),
      [
        ['choreography', 20, { median: 200, least: 100, most: 300 }],
        ['choreography', 1, { median: 30, least: 30, most: 30 }],
      ],
    );
  });

  it('compare ours with the floor of the same round, whichever of the two came first', () => {
    const windows = [
      window('choreography', 20, 100),
      window('floor-chain', 20, 50),
      window('floor-chain', 20, 20),
      window('choreography', 20, 80),
      window('choreography', 20, 90),
      window('floor-chain', 20, 30),
      // Measured without its floor.
      window('choreography', 1, 30),
    ];
    const perSecond = ratios(windows, 'choreography', 'floor-chain', 'signupsPerSecond');
    assert.deepEqual(perSecond, { 20: { median: 3, least: 2, most: 4 } });
    const p50 = ratios(windows, 'choreography', 'floor-chain', 'p50Ms');
    assert.equal(p50['20']?.least, 0.25);
  });

  it('draw the same numbers for the same seed', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    assert.ok(draw(7).every((number) => number >= 0 && number < 1));
  });
});
