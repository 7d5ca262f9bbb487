/** The measurement of sleepers works, on both styles. What they cost is no test's business. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { measureSleepers } from '../../tools/bench/sleeping/measure.ts';
import { sleepingReport } from '../../tools/bench/sleeping/report.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

describe('The measurement of sleepers', () => {
  for (const style of styles) {
    it(`puts signups of ${style} to sleep, and wakes each once`, async () => {
      const collected: string[] = [];
      const measured = await measureSleepers({
        stack: theStack(),
        style,
        seed: Date.now(),
        extent: { levels: [4, 6], wakesFrom: 6, clicks: 2, idleMs: 200, warmUp: 2 },
        collect: async (name) => void collected.push(name),
        report: () => {},
      });
      assert.deepEqual(
        measured.sleepers.map(({ signups }) => signups),
        [4, 6],
      );
      for (const each of measured.sleepers) {
        assert.ok(each.clickP50Ms > 0 && each.clickP50Ms <= each.clickP95Ms);
        assert.ok(each.restartSeconds > 0);
      }
      assert.equal(collected.length, 8);
      const [woken] = measured.wakeUps;
      assert.deepEqual(
        { ...woken, seconds: 0, mailsPerSecond: 0 },
        {
          style,
          mails: 6,
          seconds: 0,
          mailsPerSecond: 0,
          lost: 0,
          twice: 0,
        },
      );
      const wakeUp = { choreography: [], orchestration: [], [style]: measured.wakeUps };
      const shown = sleepingReport({
        versions: {},
        seed: 1,
        targets: [],
        wakeUp,
        sleepers: measured.sleepers,
      });
      assert.match(shown, new RegExp(`${style} +6 `));
      await until('the api', async () => (await fetch(`${theStack().urls.api}/health/ready`)).ok);
    }).timeout(180_000);
  }
});
