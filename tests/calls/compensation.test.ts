/** A compensation whose process died between its two steps: the request that is repeated does the rest. */
import { strict as assert } from 'node:assert';
import { accountSteps } from '../../activities/accounts.ts';
import { inTransaction } from '../../adapters/postgres.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import { mailbox, postUntilAnswered, purposesOf } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';
import { callersOf, type Caller } from './callers.ts';

describe('A compensation that ended between its steps', () => {
  for (const style of stylesPlayedBy('calls')) {
    it(`by ${style}: goes on when the request is repeated, and tells of it once`, async () => {
      const caller = await closedWithoutWord(style);
      for (const time of ['first', 'second']) {
        await assertUndeliverable(caller);
        assert.deepEqual(purposesOf(await mailbox(caller.request.phone!)), ['closed'], time);
      }
    });

    it(`by ${style}: stays as it is once nothing comes back to the signup`, async () => {
      const caller = await closedWithoutWord(style);
      await databaseOf('accounts').query('delete from follow_ups where signup_id = $1', [caller.id]);
      await assertUndeliverable(caller);
      assert.deepEqual(await mailbox(caller.request.phone!), []);
    });
  }
});

/** Closes an account as undeliverable, and leaves the rest. */
async function closedWithoutWord(style: Style): Promise<Caller> {
  const [caller] = callersOf(style, 1) as [Caller];
  const { id: signupId, request } = caller;
  const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = theStack().environmentOf('accounts');
  const steps = accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL });
  const at = new Date().toISOString();
  await inTransaction(databaseOf('accounts'), async (transaction) => {
    await steps.openAccount(transaction, { signupId, at, ...request });
    await transaction.query(
      `insert into follow_ups (signup_id, style, visit, due_at)
       values ($1, $2, 'unfinished', now() + interval '15 minutes')`,
      [signupId, style],
    );
    await steps.closeAccount(transaction, { signupId, at, reason: 'undeliverable' });
  });
  return caller;
}

async function assertUndeliverable({ request, key }: Caller): Promise<void> {
  const { status, body } = await postUntilAnswered(request, { key });
  assert.deepEqual([status, body.type], [422, 'urn:duet:problem:undeliverable']);
}
