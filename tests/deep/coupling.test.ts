/** The coupling bench works, over every style. Who waits how long is no test's business. */
import { strict as assert } from 'node:assert';
import { promises } from '../../domain/styles.ts';
import { measureCell } from '../../tools/bench/coupling/cell.ts';
import { allJobs, quickly } from '../../tools/bench/coupling/plan.ts';
import { startLabStack, type LabStack } from '../../tools/lab/stack.ts';
import { openWitness, type Witness } from '../../tools/lab/witness.ts';

describe('The coupling bench', () => {
  let lab: LabStack;
  let witness: Witness;
  const { signal } = new AbortController();

  before(async function () {
    this.timeout(120_000);
    lab = await startLabStack({});
    witness = openWitness(lab.stack);
  });
  after(async function () {
    this.timeout(60_000);
    await witness?.close();
    await lab?.stop();
  });

  const jobs = allJobs(quickly).filter(
    ({ fault, load, patience }) =>
      fault.name === 'mail-refuses' && load.name === 'steady' && patience === 'impatient',
  );
  for (const job of jobs) {
    const { style } = job;
    it(`sees what callers of ${style} get while mail is away, and what becomes of all`, async () => {
      const cell = await measureCell(job, { lab, witness, extent: quickly, seed: 1, signal });
      const { asked, accepted, left, failed } = cell.answers;
      assert.ok(asked > 0 && cell.duringFault.asked > 0 && cell.duringFault.asked < asked);
      assert.equal(failed, 0);
      assert.ok(cell.brokenSeconds > 0);
      assert.ok(cell.mostInFlight > 0);
      assert.deepEqual([cell.inconsistent, cell.twice], [0, 0], cell.findings.join('\n'));
      if (promises(style, 'accepted-without-senders')) assert.equal(accepted + left, asked);
      if (promises(style, 'outcome-after-the-caller-left')) {
        assert.deepEqual([cell.lost, cell.stuck], [0, 0], cell.findings.join('\n'));
        assert.equal(cell.notified.within60s, 1);
      }
    }).timeout(120_000);
  }
});
