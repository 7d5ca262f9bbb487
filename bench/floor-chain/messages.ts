/**
 * The plain chain's messages service. It sends within the transaction that drops duplicates: a message leaves twice only
 * where the process died, or lost the answer, between sending and commit. The price is a connection held while it sends.
 */
import nodemailer from 'nodemailer';
import { letter, shortMessage } from '../../activities/letters.ts';
import { requireConfig } from '../../config.ts';
import { runProcess } from '../../workers/process.ts';
import { event, openChain, type Consumer } from './chain.ts';

type Person = { email: string; phone?: string; name?: string; verificationLink: string };

await runProcess('floor-chain messages', async () => {
  const config = requireConfig([
    'DATABASE_URL',
    'AMQP_URL',
    'SMTP_URL',
    'MAIL_FROM',
    'SMS_URL',
    'SMS_ACCOUNT_SID',
    'SMS_AUTH_TOKEN',
    'SMS_FROM',
    'PUBLIC_URL',
  ]);
  const transport = nodemailer.createTransport({
    url: config.SMTP_URL,
    pool: true,
    maxConnections: 10,
    maxMessages: Infinity,
  });
  const sendWelcomeEmail: Consumer = {
    queue: 'floor.messages.send-welcome-email',
    on: ['account.opened'],
    async react(_client, { signupId, data }) {
      const person = data as Person;
      const messageId = `${signupId}.welcome`;
      await transport.sendMail({
        from: config.MAIL_FROM,
        to: person.email,
        messageId: `<${messageId}@duet.example>`,
        ...letter({ signupId, purpose: 'welcome', ...person }),
      });
      return [event('email.sent.welcome', signupId, { messageId })];
    },
  };
  const smsUrl = `${config.SMS_URL.replace(/\/$/, '')}/2010-04-01/Accounts/${config.SMS_ACCOUNT_SID}/Messages.json`;
  const credentials = Buffer.from(`${config.SMS_ACCOUNT_SID}:${config.SMS_AUTH_TOKEN}`).toString('base64');
  const sendWelcomeSms: Consumer = {
    queue: 'floor.messages.send-welcome-sms',
    on: ['account.opened'],
    async react(_client, { signupId, data }) {
      const { phone } = data as Person;
      if (phone === undefined) return [];
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
