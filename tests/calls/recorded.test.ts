/** What is recorded of a signup that two requests play at the same time: the first one, and its repetition. */
import { strict as assert } from 'node:assert';
import { accountSteps } from '../../activities/accounts.ts';
import { inTransaction } from '../../adapters/postgres.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import type { DeliveryResult } from '../../domain/signup.ts';
import { getSignup, idOf, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';

describe('A message that one request gave up and its repetition has sent', () => {
  const [style] = stylesPlayedBy('calls');

  for (const order of [
    ['failed', 'sent'],
    ['sent', 'failed'],
  ] as const)
    it(`is shown as sent, where ${order[0]} is recorded first`, async () => {
      const signupId = idOf(style);
      await recorded(signupId, order);
      const { notified } = await getSignup(signupId);
      assert.deepEqual(notified, { email: 'sent', sms: 'sent' });
    });

  it('leaves the time at which the signup was first recorded as notified', async () => {
    const signupId = idOf(style);
    const [first] = await recorded(signupId, ['failed', 'sent']);
    const { rows } = await databaseOf('accounts').query<{ notified_at: string }>(
      'select notified_at from accounts where signup_id = $1',
      [signupId],
    );
    assert.equal(new Date(rows[0]!.notified_at).toISOString(), first);
  });

  /** Opens an account and records what became of its SMS, in this order. Returns when. */
  async function recorded(signupId: string, results: readonly DeliveryResult[]): Promise<string[]> {
    const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = theStack().environmentOf('accounts');
    const steps = accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL });
    const at = (minute: number) => new Date(Date.now() + minute * 60_000).toISOString();
    return inTransaction(databaseOf('accounts'), async (transaction) => {
      await steps.openAccount(transaction, { signupId, at: at(0), ...uniqueRequest(style) });
      const times: string[] = [];
      for (const [minute, sms] of results.entries()) {
        times.push(at(minute));
        await steps.recordNotified(transaction, { signupId, at: times.at(-1)!, email: 'sent', sms });
      }
      return times;
    });
  }
});
