/** The live page: one signup started in every lane, drawn as it goes, and its link clicked in the inbox. */
import { strict as assert } from 'node:assert';
import { sendStep } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { signupThat } from '../client.ts';
import { untilAtRest } from '../inside.ts';
import { withBrowser } from './browser.ts';
import { lineOf, startInAll, untilAsInHistory, untilLive } from './live.ts';

describe('The live page', function () {
  this.timeout(120_000);
  const itInBrowser = withBrowser();

  itInBrowser('starts one signup in every lane, and draws each as its history tells it', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const signups = await startInAll(page);
    assert.deepEqual([...signups.keys()].toSorted(), [...styles].toSorted());
    for (const signup of signups.values()) {
      await signupThat('is notified', signup.id, ({ notified }) => notified.email === 'sent');
      await untilAsInHistory(page, signup);
    }
  });

  itInBrowser('activates an account by the link in its inbox', async ({ open }) => {
    const page = await open();
    await untilLive(page);
    const signups = await startInAll(page);
    for (const { id, style } of signups.values()) {
      const line = lineOf(page, style, sendStep('email', 'welcome'));
      await line.getByRole('button', { name: /^Confirm address/ }).click();
      await signupThat('is activated', id, ({ status }) => status === 'activated');
    }
    for (const signup of signups.values()) {
      await lineOf(page, signup.style, sendStep('email', 'activated')).waitFor();
      if (signup.style !== 'orchestration') await untilAtRest(signup.id);
      await untilAsInHistory(page, signup);
    }
  });
});
