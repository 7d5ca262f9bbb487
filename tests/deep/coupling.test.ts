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
      const { noting, inHand } = notingWhatIsInHand(lab, witness);
      const cell = await measureCell(job, { lab: noting, witness, extent: quickly, seed: 1, signal });
      const { asked, accepted, left, failed } = cell.answers;
      assert.ok(asked > 0 && cell.duringFault.asked > 0 && cell.duringFault.asked < asked);
      assert.equal(failed, 0);
      assert.ok(cell.brokenSeconds > 0);
      assert.ok(cell.mostInFlight > 0);
      assert.equal(cell.inconsistent, 0, cell.findings.join('\n'));
      // Only a mail whose answer was on its way when the connection was reset may leave again.
      assert.ok(cell.twice <= (await inHand()), cell.findings.join('\n'));
      if (promises(style, 'accepted-without-senders')) assert.equal(accepted + left, asked);
      if (promises(style, 'outcome-after-the-caller-left')) {
        assert.deepEqual([cell.lost, cell.stuck], [0, 0], cell.findings.join('\n'));
        // Of a caller who left, the request may not even have been read.
        assert.ok(Math.round(cell.notified.within60s * asked) >= accepted);
      }
    }).timeout(120_000);
  }
});

/** The lab, and how many mails were in hand when the way to the mail server broke; rejects where that was not. */
function notingWhatIsInHand(lab: LabStack, witness: Witness) {
  const { smtp } = lab.proxies;
  let noted = Promise.reject<string[]>(new Error('no connection was reset'));
  noted.catch(() => {});
  const reset = () => {
    smtp.reset();
    // What was in hand stays so until the way is whole again: nothing is lost by looking after the break.
    noted = witness.inHand();
    noted.catch(() => {});
  };
  return {
    noting: { ...lab, proxies: { ...lab.proxies, smtp: { ...smtp, reset } } },
    inHand: async () => (await noted).filter((message) => message.endsWith(' email')).length,
  };
}
