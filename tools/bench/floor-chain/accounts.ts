/** The plain chain's accounts service: the join, and what it tells once both channels are known. */
import { runProcess } from '../../../workers/shared/process.ts';
import { event, openChain, type Consumer } from './chain.ts';

// #region join
const recordNotified: Consumer = {
  queue: 'floor.accounts.record-notified',
  on: ['email.sent.welcome', 'sms.sent.welcome'],
  async react(client, { type, signupId }) {
    const column = type.startsWith('email') ? 'welcome_email' : 'welcome_sms';
    const { rows } = await client.query<{ both: boolean }>({
      name: `note-${column}`,
      text: `update accounts set ${column} = 'sent' where signup_id = $1
             returning welcome_email is not null and (phone is null or welcome_sms is not null) and notified_at is null as both`,
      values: [signupId],
    });
    if (!rows[0]?.both) return [];
    await client.query({
      name: 'mark-notified',
      text: 'update accounts set notified_at = now() where signup_id = $1',
      values: [signupId],
    });
    return [event('account.notified', signupId, { email: 'sent', sms: 'sent' })];
  },
};
// #endregion

await runProcess('floor-chain accounts', ['DATABASE_URL', 'AMQP_URL'], async ({ config }) => {
  const chain = await openChain(config.DATABASE_URL, config.AMQP_URL, [recordNotified]);
  return { notReady: () => undefined, stop: chain.stop };
});
