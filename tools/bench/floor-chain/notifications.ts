/**
 * The plain chain's notifications service. A message is claimed before it is sent, sent with no transaction open, and
 * recorded with the event that follows. It leaves twice only where the process died, or lost the answer, in between.
 */
import nodemailer from 'nodemailer';
import type pg from 'pg';
import { letter, shortMessage } from '../../../activities/letters.ts';
import { mailNeeds } from '../../../adapters/mail.ts';
import { smsNeeds } from '../../../adapters/sms.ts';
import { runProcess } from '../../../workers/shared/process.ts';
import { event, openChain, type Consumer } from './chain.ts';

type Person = { email: string; phone?: string; name?: string; verificationLink: string };

const needs = ['DATABASE_URL', 'AMQP_URL', ...mailNeeds, ...smsNeeds] as const;

await runProcess('floor-chain notifications', needs, async ({ config }) => {
  const transport = nodemailer.createTransport({
    url: config.SMTP_URL,
    pool: true,
    maxConnections: 10,
    maxMessages: Infinity,
  });
  // #region send
  const sendWelcomeEmail: Consumer = {
    queue: 'floor.notifications.send-welcome-email',
    on: ['account.opened'],
    async before(database, { signupId, data }) {
      const person = data as Person;
      if (!(await claim(database, signupId, 'email'))) return;
      await transport.sendMail({
        from: config.MAIL_FROM,
        to: person.email,
        messageId: `<${signupId}.welcome@duet.example>`,
        ...letter({ signupId, purpose: 'welcome', ...person }),
      });
    },
    async react(client, { signupId }) {
      await record(client, signupId, 'email');
      return [event('email.sent.welcome', signupId, { messageId: `${signupId}.welcome` })];
    },
  };
  // #endregion
  const smsUrl = `${config.SMS_URL.replace(/\/$/, '')}/2010-04-01/Accounts/${config.SMS_ACCOUNT_SID}/Messages.json`;
  const credentials = Buffer.from(`${config.SMS_ACCOUNT_SID}:${config.SMS_AUTH_TOKEN}`).toString('base64');
  const sendWelcomeSms: Consumer = {
    queue: 'floor.notifications.send-welcome-sms',
    on: ['account.opened'],
    async before(database, { signupId, data }) {
      const { phone } = data as Person;
      if (phone === undefined || !(await claim(database, signupId, 'sms'))) return;
      const response = await fetch(smsUrl, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({
          To: phone,
          From: config.SMS_FROM,
          Body: shortMessage('welcome'),
          StatusCallback: `${config.PUBLIC_URL}/sms-status?signup=${signupId}&purpose=welcome`,
        }),
      });
      if (!response.ok) throw new Error(`the SMS provider answered ${response.status}`);
      await response.json();
    },
    async react(client, { signupId, data }) {
      if ((data as Person).phone === undefined) return [];
      await record(client, signupId, 'sms');
      return [event('sms.sent.welcome', signupId, { messageId: `${signupId}.welcome` })];
    },
  };
  const chain = await openChain(config.DATABASE_URL, config.AMQP_URL, [sendWelcomeEmail, sendWelcomeSms]);
  return {
    notReady: () => undefined,
    async stop() {
      await chain.stop();
      transport.close();
    },
  };
});

// #region claim
/** Whether the message is this process's to send: not once it was sent. Throws while another process may be sending it. */
async function claim(database: pg.Pool, signupId: string, channel: 'email' | 'sms'): Promise<boolean> {
  const { rowCount: isClaimed } = await database.query({
    name: 'claim',
    text: `insert into sends (signup_id, channel, claimed_until) values ($1, $2, now() + interval '3 minutes')
           on conflict (signup_id, channel) do update set claimed_until = excluded.claimed_until
             where sends.sent_at is null and sends.claimed_until < now()`,
    values: [signupId, channel],
  });
  if (isClaimed === 1) return true;
  const { rows } = await database.query<{ is_sent: boolean }>({
    name: 'is-sent',
    text: 'select sent_at is not null as is_sent from sends where signup_id = $1 and channel = $2',
    values: [signupId, channel],
  });
  if (rows[0]?.is_sent) return false;
  throw new Error(`the ${channel} of ${signupId} is being sent`);
}
// #endregion

async function record(client: pg.PoolClient, signupId: string, channel: 'email' | 'sms'): Promise<void> {
  await client.query({
    name: 'record',
    text: 'update sends set sent_at = now() where signup_id = $1 and channel = $2',
    values: [signupId, channel],
  });
}
