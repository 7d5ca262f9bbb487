/** One signup, and lists of signups, as people read them. */
import { channelNames } from '../../domain/process.ts';
import type { Signup } from '../../domain/signup.ts';
import type { ListedSignup } from '../../domain/tracked.ts';
import { between, harmless, looks, moment, painted, table, type Format } from './terminal.ts';

/** A signup as a list of what is known of it, and what of it is parked. */
export function signupSheet(signup: Signup): string {
  const { notified, parked } = signup;
  const rows: (readonly [string, string, (Format | undefined)?])[] = [
    ['signup', signup.id, 'bold'],
    ['style', signup.style],
    ['status', signup.status, statusFormat(signup.status)],
    ['e-mail', signup.email],
    ['phone', signup.phone ?? '–'],
    ['notified', channelNames.map((channel) => `${channel} ${notified[channel] ?? '–'}`).join(', ')],
    ['reminders', String(signup.reminders)],
    ['started', moment(signup.startedAt)],
    ['verify by', moment(signup.verifyBy)],
    ['ended', moment(signup.endedAt)],
  ];
  const sheet = rows.map(([name, text, format]) => `${name.padEnd(11)}${painted(harmless(text), format)}`);
  return parked.length === 0 ? sheet.join('\n') : [...sheet, '', parkedTable(parked)].join('\n');
}

function parkedTable(parked: Signup['parked']): string {
  return table(
    [{ head: 'parked' }, { head: 'attempts', align: 'right' }, { head: 'last error', wraps: true }],
    parked.map(({ step, attempts, lastError }) => [
      { text: `${looks.parked.sign} ${step}`, format: looks.parked.format },
      { text: String(attempts) },
      { text: lastError },
    ]),
  );
}

/** Signups, newest first, and whose they are where that is known. */
export function signupList(signups: readonly (ListedSignup & { email?: string | null })[]): string {
  const isKnown = signups.some(({ email }) => email !== undefined);
  return table(
    [
      { head: 'signup' },
      ...(isKnown ? [{ head: 'whose' }] : []),
      { head: 'style' },
      { head: 'status' },
      { head: 'started' },
      { head: 'notified', align: 'right' },
      { head: 'ended', align: 'right' },
    ],
    signups.map(({ id, email, style, status, startedAt, notifiedAt, endedAt }) => [
      { text: id },
      ...(isKnown ? [{ text: email ?? '–' }] : []),
      { text: style },
      { text: status, ...optionally(statusFormat(status)) },
      { text: moment(startedAt) },
      { text: notifiedAt === null ? '–' : between(startedAt, notifiedAt) },
      { text: endedAt === null ? '–' : between(startedAt, endedAt) },
    ]),
  );
}

const optionally = (format: Format | undefined) => (format === undefined ? {} : { format });

function statusFormat(status: string): Format | undefined {
  if (status === 'activated') return 'green';
  return ['opening', 'pending'].includes(status) ? 'cyan' : 'red';
}
