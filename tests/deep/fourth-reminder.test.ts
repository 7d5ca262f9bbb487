/** The short recipe of docs/add-a-step.md, applied to a copy of the code and played: a fourth reminder, in every style. */
import { strict as assert } from 'node:assert';
import { reminders } from '../../domain/process.ts';
import { styles, type Signup } from '../../domain/signup.ts';
import { arrival, mailbox, notifiedSignup, signupThat, uniqueRequest } from '../client.ts';
import { onOwnStack } from '../own-stack.ts';
import { patchedTree } from '../patched.ts';
import { fastForward } from '../time/moving.ts';

describe('A fourth reminder', function () {
  this.timeout(60_000);
  onOwnStack({ tree: () => patchedTree('fourth-reminder') });

  for (const style of styles) {
    it(`comes before the deadline, and is the one that says it is the last, by ${style}`, async () => {
      const { id, email } = await notifiedSignup(uniqueRequest(style));
      await fastForward(id, '8d');
      const isOver = ({ status, reminders: counted }: Signup) => status === 'expired' && counted === 4;
      await signupThat('is expired, after four reminders', id, isOver);
      await arrival(email, 'expired');
      const letters = (await mailbox(email)).toReversed();
      const reminded = [...reminders.map(({ purpose }) => purpose), 'reminder-4'];
      assert.deepEqual(
        letters.map(({ purpose }) => purpose),
        ['welcome', ...reminded, 'expired'],
      );
      const last = letters.filter(({ subject }) => subject?.startsWith('Last reminder'));
      assert.deepEqual(
        last.map(({ purpose }) => purpose),
        ['reminder-4'],
      );
    });
  }
});
