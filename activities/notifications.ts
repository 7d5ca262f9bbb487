/**
 * The steps of the notifications service: what a message says, and through which provider it leaves. Each has two halves: `send…`
 * sends with no transaction open, `record` writes down the result in its caller's transaction. That a message leaves once, whatever
 * dies meanwhile, is seen to in `sends.ts`.
 */
import type { MailProvider } from '../adapters/mail.ts';
import type { Database, Queryable } from '../adapters/postgres.ts';
import type { SmsProvider } from '../adapters/sms.ts';
import type { Channel, SendingStep } from '../domain/process.ts';
import type { SendAnswer, SendInput } from '../domain/steps.ts';
import { letter, shortMessage } from './letters.ts';
import { openSends, recordSend, type Attempt, type Claimant } from './sends.ts';

/** The notifications service's part of the `Steps` port, each step in two halves. */
export type NotificationSteps = {
  [C in Channel as SendingStep<C>]: (input: SendInput[C]) => Promise<Attempt>;
} & { record(transaction: Queryable, attempt: Attempt): Promise<SendAnswer> };

/** What the steps take: the providers, the service's database, and the process in whose name messages are claimed. */
export type NotificationParts = {
  database: Database;
  mail: MailProvider;
  sms: SmsProvider;
  instance: Claimant;
};

/** The steps, over these providers. */
export function notificationSteps({ database, mail, sms, instance }: NotificationParts): NotificationSteps {
  const sends = openSends(database, instance);

  return {
    sendEmail(input) {
      const { signupId, purpose, email } = input;
      return sends.once({ signupId, purpose, channel: 'email' }, () =>
        mail.send({ id: `${signupId}.${purpose}`, to: email, ...letter(input) }),
      );
    },

    async sendSms({ signupId, purpose, phone }) {
      const message = { signupId, purpose, channel: 'sms' } as const;
      if (phone === undefined) return sends.skip(message);
      return sends.once(message, () =>
        sms.send({ signupId, purpose, to: phone, text: shortMessage(purpose) }),
      );
    },

    async record(transaction, attempt) {
      if (!attempt.alreadyRecorded) await recordSend(transaction, attempt);
      return attempt.answer;
    },
  };
}
