/** Comparing a signup with what the model says of it: how it is shown, what was recorded of its mails, and what arrived. */
import { strict as assert } from 'node:assert';
import type { Style } from '../../domain/signup.ts';
import { getSignup, mailbox } from '../client.ts';
import { openSteps, sendsOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { shown, type Mail, type ModelSignup } from './model.ts';

/** Waits until a signup is shown as the model says, and the notifications service has made of its mails what the model says. */
export async function untilAsPredicted(
  { style }: { style: Style },
  id: string,
  predicted: ModelSignup,
  withinMs: number,
): Promise<void> {
  await until(
    `signup ${id} of ${style} to be as predicted: ${JSON.stringify(predicted)}`,
    async () => {
      const { outcome, reminders, parked } = await getSignup(id);
      const steps = parked.map(({ step }) => step).toSorted();
      assert.deepEqual({ outcome, reminders, parked: steps }, shown(predicted));
      const sends = await sendsOf(id);
      for (const send of sends) {
        const [channel, purpose, state] = send.split(' ') as ['email', keyof typeof predicted.mails, string];
        const mail = predicted.mails[purpose];
        assert.ok(channel === 'email' && mail && recordedAs[mail].test(state), `unexpected: ${send}`);
      }
      assert.equal(sends.length, Object.keys(predicted.mails).length, `there is only ${sends.join(', ')}`);
      return true;
    },
    { withinMs },
  );
}

const recordedAs: Record<Mail, RegExp> = {
  'under way': /./,
  // Left behind by its signup, it finds out at its next attempt.
  retrying: /^(claimed|skipped)$/,
  parked: /^claimed$/,
  sent: /^sent$/,
  skipped: /^skipped$/,
  perhaps: /./,
};

/** Nothing is under way any more, and of each mail as many copies arrived as may be. */
export async function untilArrived(
  { style }: { style: Style },
  id: string,
  predicted: ModelSignup,
  email: string,
): Promise<void> {
  await until(`signup ${id} of ${style} to be at rest`, async () => {
    const open = (await openSteps(id)).filter(
      (step) => predicted.outcome !== null || step !== 'workflow running',
    );
    return open.length === 0 || assert.fail(open.join(', '));
  });
  const letters = (await mailbox(email, 1000)).filter(({ signupId }) => signupId === id);
  const arrived = new Set(letters.map(({ purpose }) => purpose ?? 'none'));
  const seen = `to ${email} of ${style} came ${letters.map(({ purpose }) => purpose).join(', ') || 'nothing'}; predicted: ${JSON.stringify(predicted)}`;
  for (const [purpose, mail] of Object.entries(predicted.mails))
    assert.ok(mail === 'perhaps' || arrived.has(purpose) === (mail === 'sent'), seen);
  for (const purpose of arrived) assert.ok(purpose in predicted.mails, seen);
  assert.ok(letters.length - arrived.size <= predicted.extra, seen);
}
