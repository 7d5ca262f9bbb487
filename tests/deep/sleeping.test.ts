/** The measurement of sleepers works, on every style. What they cost is no test's business. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { styles } from '../../domain/signup.ts';
import { measureSleepers } from '../../tools/bench/sleeping/measure.ts';
import { theStack } from '../stack.ts';

describe('The measurement of sleepers', () => {
  for (const style of styles) {
    it(`puts signups of ${style} to sleep, and wakes each once`, async () => {
      const extent = { levels: [4, 6], wakesFrom: 6, clicks: 2, idleMs: 200, warmUp: 2 };
      const { sleepers, wakeUps } = await measureSleepers(theStack(), style, extent, Date.now());
      assert.deepEqual(
        sleepers.map((each) => [each.style, each.signups]),
        [
          [style, 4],
          [style, 6],
        ],
      );
      for (const each of sleepers) {
        assert.ok(each.clickP50Ms > 0 && each.clickP50Ms <= each.clickP95Ms);
        assert.ok(each.restartSeconds > 0);
        assert.ok(Object.values(each.memoryMb).every((mb) => mb > 0));
      }
      assert.deepEqual(
        wakeUps.map(({ mails, lost, twice }) => ({ mails, lost, twice })),
        [{ mails: 6, lost: 0, twice: 0 }],
      );
      await until('the api', async () => (await fetch(`${theStack().urls.api}/health/ready`)).ok);
    }).timeout(180_000);
  }
});
