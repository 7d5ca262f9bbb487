/** The benchmark works, on all four systems. How fast they are is no test's business. */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemNames, type Played } from '../../tools/bench/figures.ts';
import { startFloors, type Floors } from '../../tools/bench/floors.ts';
import { apply, seededRandom } from '../../tools/bench/load.ts';
import { systemsOf } from '../../tools/bench/systems.ts';
import { openTarget } from '../../tools/bench/target.ts';
import { theStack } from '../stack.ts';

describe('The benchmark', () => {
  let floors: Floors;
  let scratch: string;
  // Whoever signed up in an earlier run over the same database is not to come again.
  const seed = Date.now();

  before(async function () {
    this.timeout(120_000);
    scratch = await mkdtemp(join(tmpdir(), 'duet-bench-'));
    floors = await startFloors(theStack(), scratch);
  });
  after(async () => {
    await floors?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  for (const name of systemNames) {
    it(`sees signups of ${name} notified, in a closed loop and in an open one`, async () => {
      const target = await openTarget(systemsOf(theStack(), floors)[name], seed);
      try {
        for (const load of [{ clients: 2 }, { sentPerSecond: 50, random: seededRandom(1) }]) {
          const played: Played[] = [];
          let sent = 0;
          await apply(
            load,
            target,
            () => (sent += 1) > 4,
            (signup) => played.push(signup),
          );
          assert.equal(played.length, 4);
          for (const { sentAt, acceptedAt, notifiedAt } of played) {
            assert.ok(sentAt <= acceptedAt && sentAt < notifiedAt);
          }
        }
      } finally {
        await target.close();
      }
    }).timeout(90_000);
  }
});
