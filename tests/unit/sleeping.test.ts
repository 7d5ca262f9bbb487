/** What is wanted of sleepers, judged by figures made up. */
import { strict as assert } from 'node:assert';
import { forEachStyle } from '../../domain/styles.ts';
import type { Medians } from '../../tools/bench/figures.ts';
import type { Sleepers, WakeUp } from '../../tools/bench/results.ts';
import { targetsOf } from '../../tools/generate/sleeping.ts';

function sleepers(signups: number, each: { mb: number; percent: number; clickP50Ms: number }): Sleepers {
  const byProcess = (value: number) => ({
    api: value,
    accounts: value,
    notifications: value,
    tracker: value,
  });
  return {
    style: 'choreography',
    signups,
    bytesEach: { postgres: 10_000, temporal: 0 },
    // The servers are none of ours.
    memoryMb: { ...byProcess(each.mb), postgres: signups },
    idlePercent: { ...byProcess(each.percent), postgres: 50 },
    clickP50Ms: each.clickP50Ms,
    clickP95Ms: 2 * each.clickP50Ms,
    clickCpuMs: each.clickP50Ms,
    restartSeconds: 3,
  };
}
const wakeUp: WakeUp = {
  style: 'choreography',
  mails: 10_000,
  seconds: 40,
  mailsPerSecond: 250,
  lost: 0,
  twice: 0,
};
const few = sleepers(100, { mb: 70, percent: 0.4, clickP50Ms: 10 });
const some = sleepers(1000, { mb: 70, percent: 0.4, clickP50Ms: 10 });

function targets(measured: readonly Sleepers[], woken: WakeUp, signupsPerSecond: number) {
  const full = { system: 'choreography', clients: 100, signupsPerSecond } as Medians;
  const results = { sleepers: [...measured], wakeUp: { ...forEachStyle(() => []), choreography: [woken] } };
  return targetsOf(results, { medians: [full] }).map(({ measured: seen, met }) => ({ seen, met }));
}

describe('What is wanted of sleepers', () => {
  it('is met by a system that does not mind them', () => {
    const many = sleepers(10_000, { mb: 74, percent: 0.5, clickP50Ms: 15 });
    assert.deepEqual(targets([few, some, many], wakeUp, 300), [
      { seen: 16, met: true },
      { seen: 1.5, met: true },
      { seen: 1.5, met: true },
      { seen: 2, met: true },
      { seen: 250 / 300, met: true },
    ]);
  });

  it('is missed by one that does', () => {
    const many = sleepers(10_000, { mb: 76, percent: 0.6, clickP50Ms: 16 });
    assert.deepEqual(
      targets([few, some, many], wakeUp, 400).map(({ met }) => met),
      [false, false, false, false, false],
    );
  });

  it('is not judged where it was not measured', () => {
    assert.deepEqual(targets([few, some], { ...wakeUp, mails: 60 }, 300), []);
  });
});
