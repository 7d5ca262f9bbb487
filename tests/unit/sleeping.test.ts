/** What is wanted of sleepers, judged by figures made up. */
import { strict as assert } from 'node:assert';
import { targetsOf, type Sleepers, type WakeUp } from '../../tools/bench/sleeping/figures.ts';

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
    fallAsleepPerSecond: 300,
    bytesEach: { postgres: 10_000, temporal: 0 },
    // The servers are none of ours.
    memoryMb: { ...byProcess(each.mb), postgres: signups },
    idlePercent: { ...byProcess(each.percent), postgres: 50 },
    idleCommitsPerSecond: 10,
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

describe('What is wanted of sleepers', () => {
  it('is met by a system that does not mind them', () => {
    const many = sleepers(10_000, { mb: 74, percent: 0.5, clickP50Ms: 15 });
    const targets = targetsOf([few, some, many], [wakeUp], 300);
    assert.deepEqual(
      targets.map(({ measured, met }) => ({ measured, met })),
      [
        { measured: 16, met: true },
        { measured: 1.5, met: true },
        { measured: 1.5, met: true },
        { measured: 2, met: true },
        { measured: 250 / 300, met: true },
        { measured: 250 / 300, met: true },
      ],
    );
  });

  it('is missed by one that does', () => {
    const many = sleepers(10_000, { mb: 76, percent: 0.6, clickP50Ms: 16 });
    const targets = targetsOf([few, some, many], [wakeUp], 400);
    assert.deepEqual(
      targets.map(({ met }) => met),
      // The last is measured against the pace of the same run.
      [false, false, false, false, false, true],
    );
  });

  it('is not judged where it was not measured', () => {
    assert.deepEqual(targetsOf([few, some], [{ ...wakeUp, mails: 60 }], 300), []);
  });
});
