/** What mails and SMS say, by purpose. Names and addresses were checked at the edge; nothing here is a template language. */
import {
  isReminder,
  reminders,
  remindersAtFirst,
  type PurposeOver,
  type Reminder,
} from '../domain/process.ts';
import type { SendEmail } from '../domain/steps.ts';

/** The last reminder where the caller says of none that it is: a workflow worker of the time before there was a third. */
const lastAtFirst = reminders[remindersAtFirst - 1]?.purpose;

/** A mail's subject and text. */
export function letter(mail: SendEmail): { subject: string; text: string } {
  const { purpose, name, verificationLink = '', isLast = purpose === lastAtFirst } = mail;
  const greeting = name === undefined ? 'Hello,' : `Hello ${name},`;
  const { subject, body } = isReminder(purpose)
    ? reminder(verificationLink, isLast)
    : letters[purpose](verificationLink);
  return { subject, text: [greeting, '', ...body, '', 'Duet', ''].join('\n') };
}

/** The text of an SMS. */
export function shortMessage(purpose: PurposeOver<'sms'>): string {
  return shortMessages[purpose];
}

const confirm = (link: string) => ['Please confirm your e-mail address:', '', link];

type Letter = { subject: string; body: string[] };

/** The last reminder of a signup says so, whatever its number. */
const reminder = (link: string, isLast: boolean): Letter =>
  isLast
    ? {
        subject: 'Last reminder: please confirm your address',
        body: ['your account will be closed soon.', ...confirm(link)],
      }
    : {
        subject: 'Your address is not confirmed yet',
        body: ['your account waits for you.', ...confirm(link)],
      };

const letters: Record<Exclude<PurposeOver<'email'>, Reminder>, (link: string) => Letter> = {
  welcome: (link) => ({
    subject: 'Welcome to Duet: please confirm your address',
    body: ['thank you for signing up.', ...confirm(link), '', 'The link works for seven days.'],
  }),
  activated: () => ({ subject: 'Your account is active', body: ['your address is confirmed. Enjoy Duet.'] }),
  expired: () => ({
    subject: 'Your account was closed',
    body: [
      'your address was not confirmed in time, so your account was closed.',
      'You may sign up again at any time.',
    ],
  }),
};

const shortMessages: Record<PurposeOver<'sms'>, string> = {
  welcome: 'Duet: thank you for signing up. Please confirm with the link in the e-mail we sent you.',
  closed: 'Duet: we could not reach your e-mail address, so your account was closed. You may sign up again.',
};
