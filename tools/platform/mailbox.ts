/**
 * Mail and SMS: attach to `SMTP_URL` and `SMS_URL`, else to the project's own sink, one process for both, which keeps what
 * arrived and shows it (`mailbox/`).
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../adapters/config.ts';
import { type Plan, planLine, type StartSurroundings, type Surroundings } from './part.ts';
import { ports } from './ports.ts';

/** Where mail and SMS go; `mailboxUrl` while the sink runs, `takesAll` where nothing leaves by another way. */
export type MailboxAddress = { smtpUrl: string; smsUrl: string; mailboxUrl?: string; takesAll: boolean };

/** Says how mail would be had. */
export async function planMail({ environment }: Surroundings): Promise<Plan> {
  const { SMTP_URL: url } = readConfig(['SMTP_URL'], environment);
  return url === undefined
    ? { part: 'mail', way: 'embedded', why: 'SMTP_URL is not set; the built-in mailbox takes every mail' }
    : { part: 'mail', way: 'attach', why: `SMTP_URL names ${new URL(url).host}` };
}

/** Says how SMS would be had. */
export async function planSms({ environment }: Surroundings): Promise<Plan> {
  const { SMS_URL: url } = readConfig(['SMS_URL'], environment);
  return url === undefined
    ? { part: 'sms', way: 'embedded', why: 'SMS_URL is not set; the built-in mailbox takes every SMS' }
    : { part: 'sms', way: 'attach', why: `SMS_URL names ${new URL(url).host}` };
}

/** Starts the sink unless both providers are given. */
export async function startMailbox(surroundings: StartSurroundings): Promise<MailboxAddress> {
  const { environment, home, say, port: reserve, run } = surroundings;
  for (const plan of [await planMail(surroundings), await planSms(surroundings)]) say(planLine(plan));
  const { SMTP_URL: smtp, SMS_URL: sms } = readConfig(['SMTP_URL', 'SMS_URL'], environment);
  if (smtp !== undefined && sms !== undefined) {
    return { smtpUrl: smtp, smsUrl: sms, takesAll: false };
  }
  const port = await reserve(ports.mailbox);
  const smtpPort = await reserve(ports.mailboxSmtp);
  const mailboxUrl = `http://127.0.0.1:${port}`;
  const answers = async () => {
    const answer = await fetch(`${mailboxUrl}/health/live`, { signal: AbortSignal.timeout(2_000) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  };
  await run({
    name: 'mailbox',
    command: process.execPath,
    arguments: [
      fileURLToPath(new URL('mailbox/main.ts', import.meta.url)),
      '--port',
      String(port),
      '--smtp-port',
      String(smtpPort),
      '--file',
      join(home, 'mailbox.jsonl'),
    ],
    environment: { PATH: environment.PATH, HOME: environment.HOME, TMPDIR: environment.TMPDIR },
    folder: home,
    ports: { port, smtpPort },
    stopSignal: 'SIGTERM',
    probe: answers,
    alive: answers,
    readyWithinMs: 30_000,
    output: 'file',
  });
  return {
    smtpUrl: smtp ?? `smtp://127.0.0.1:${smtpPort}`,
    smsUrl: sms ?? mailboxUrl,
    mailboxUrl,
    takesAll: smtp === undefined && sms === undefined,
  };
}
