/** The one window that cannot be closed: the provider has the message, and its answer is lost. It costs one duplicate at most. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import {
  click,
  linkIn,
  mailbox,
  providerScenario,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { noMoreAttempts } from '../inside.ts';

for (const style of styles) {
  describe(`A provider’s answer that is lost, by ${style}`, () => {
    for (const [what, scenario] of [
      ['mail', { channel: 'email', stage: 'data' }],
      ['SMS', { channel: 'sms', stage: 'http' }],
    ] as const) {
      it(`costs one duplicate of the ${what} at most, which can be told by its id`, async () => {
        const request = uniqueRequest(style);
        const to = what === 'mail' ? request.email : request.phone!;
        await providerScenario({ ...scenario, to, dropAfterAccept: true, times: 1 });
        const { id } = await startSignup(request);
        const { notified } = await signupThat('is notified', id, (signup) => signup.notified.email !== null);
        assert.deepEqual(notified, { email: 'sent', sms: 'sent' });
        const letters = await mailbox(to);
        assert.deepEqual(
          letters.map(({ purpose }) => purpose),
          ['welcome', 'welcome'],
          'it was sent again',
        );
        assert.equal(new Set(letters.map(({ messageId }) => messageId)).size, 1);

        assert.equal((await click(await linkIn(request.email))).status, 200);
        await signupThat('is activated', id, ({ status }) => status === 'activated');
        await noMoreAttempts(id);
        assert.equal((await mailbox(request.email)).length, what === 'mail' ? 3 : 2);
        assert.equal((await mailbox(request.phone!)).length, what === 'mail' ? 1 : 2);
      });
    }
  });
}
