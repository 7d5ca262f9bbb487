/** Fifty rounds of what once went wrong now and then. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { styles } from '../../domain/signup.ts';
import { startStack } from '../../tools/platform/stack.ts';
import { mailbox, notifiedSignup, purposesOf, uniqueRequest } from '../client.ts';
import { closeInside } from '../inside.ts';
import { temporaryFolder } from '../platform/stage.ts';
import { until } from '../../adapters/waiting.ts';
import { shareStack, theStack } from '../stack.ts';

const rounds = 50;

describe(`In ${rounds} rounds`, function () {
  this.timeout(1_800_000);

  it('a queue has a leader again after the broker was killed, and the chain goes on', async () => {
    for (let round = 1; round <= rounds; round += 1) {
      await theStack().kill('rabbitmq');
      await theStack().untilReady('rabbitmq');
      await notifiedSignup(uniqueRequest('choreography'));
    }
  });

  for (const style of styles) {
    it(`a kill of notifications while it sends by ${style} costs one duplicate at most, and loses nothing`, async () => {
      for (let round = 1; round <= rounds; round += 1) {
        const request = uniqueRequest(style);
        const notified = notifiedSignup(request);
        await theStack().kill('notifications');
        await notified;
        await theStack().untilReady('notifications');
        const mails = purposesOf(await mailbox(request.email));
        assert.ok(mails.length === 1 || mails.length === 2, `round ${round}: ${mails.join(', ')}`);
      }
    });
  }

  it('the first signup of a fresh stack goes on by itself, as soon as the stack says that it is ready', async () => {
    for (let round = 1; round <= rounds; round += 1) {
      using folder = temporaryFolder();
      const { PATH, HOME, XDG_CACHE_HOME } = process.env;
      const environment = { PATH, HOME, XDG_CACHE_HOME };
      const stack = await startStack({ home: join(folder.path, 'state'), environment });
      await closeInside();
      const shared = shareStack(stack);
      try {
        await until('the api to be ready', async () => (await fetch(`${stack.urls.api}/health/ready`)).ok);
        await Promise.all(styles.map((style) => notifiedSignup(uniqueRequest(style))));
      } finally {
        await closeInside();
        shareStack(shared);
        await stack.stop();
      }
    }
  });
});
