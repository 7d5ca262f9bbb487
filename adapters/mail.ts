/**
 * The mail provider: one SMTP server behind a pool of connections. What it says about the recipient is an answer;
 * everything else it says, or fails to say, is a fault of ours or of its own.
 */
import nodemailer from 'nodemailer';
import type { Config } from './config.ts';
import { noticingSilence } from './mail-socket.ts';
import { PermanentFault } from '../domain/steps.ts';
import { withoutLinks } from '../domain/tokens.ts';

/** A letter on its way. `id` goes into `Message-ID`, by which duplicates can be counted. */
export type Mail = { id: string; to: string; subject: string; text: string };

/** What the provider said: it took the mail, or the recipient cannot be reached. */
export type MailAnswer = { accepted: string } | { undeliverable: string };

export type MailProvider = {
  /** Sends one mail. Throws a fault that may be retried, or a `PermanentFault` where no retry can help. */
  send(mail: Mail): Promise<MailAnswer>;
  close(): void;
};

/** The variables of a process that sends mail. */
export const mailNeeds = ['SMTP_URL', 'MAIL_FROM'] as const;

/** Opens the pool. */
export function openMail({
  SMTP_URL: url,
  MAIL_FROM: from,
}: Config<(typeof mailNeeds)[number]>): MailProvider {
  const transport = nodemailer.createTransport({
    url,
    pool: true,
    // Measured: 50 connections carry a fifth to a third more than 10; one to four halve the throughput.
    maxConnections: 50,
    maxMessages: Infinity,
    // A connection that breaks while it sends leaves open whether the mail went out: that is ours to decide, not the pool's.
    maxRequeues: 0,
    connectionTimeout: 5000,
    greetingTimeout: 10_000,
    // The end of DATA, for which RFC 5321 asks patience. Silence at any other command is noticed by the socket.
    socketTimeout: 120_000,
    getSocket: noticingSilence(),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ id, to, subject, text }) {
      try {
        const { response } = await transport.sendMail({
          from,
          to,
          subject,
          text,
          messageId: `<${id}@duet.example>`,
        });
        return { accepted: response ?? '' };
      } catch (error) {
        return answerOrFault(error as SmtpError);
      }
    },
    close: () => transport.close(),
  };
}

type SmtpError = Error & { code?: string; responseCode?: number; response?: string; command?: string };

/**
 * Grades an SMTP error (RFC 5321, 3463). Undeliverable is only what the server says of the recipient's mailbox, in a 5xx to
 * RCPT TO: that closes an account, so where there is doubt it is a fault of ours.
 */
export function answerOrFault(error: SmtpError): MailAnswer {
  const { responseCode = 0, command = '' } = error;
  // A filter that refuses a mail for a link in it says which; that is shown to people, and the link must not be.
  const response = withoutLinks(error.response ?? '').replaceAll('\0', '');
  if (responseCode >= 500 && command === 'RCPT TO' && isAboutMailbox(response)) {
    return { undeliverable: response };
  }
  const said = response || error.message;
  // A server that cannot check credentials at the moment answers 4xx to them (454 4.7.0).
  const permanent = responseCode >= 500 || (error.code === 'EAUTH' && responseCode === 0);
  if (permanent) {
    throw new PermanentFault(`mail provider refused ${command || 'us'}: ${said}`, { cause: error });
  }
  throw new Error(`mail provider, ${command || 'connection'}: ${said}`, { cause: error });
}

// At the beginning of a line, or as `(#5.1.1)`, at its end.
const enhancedCode = /(?:^\d{3}[ -]|#)(5\.\d{1,3}\.\d{1,3})\b/gm;
// All of RFC 3463's about the recipient's address, but not its two about the sender's; and a mailbox that is disabled.
const mailboxCode = /^5\.(1\.(?![78]$)\d+|2\.1)$/;
// Filters and relays talk of mailboxes, too: of ours, or of why they do not ask.
const aboutUs =
  /\b(sender|from|relay\w*|auth\w*|verif\w*|polic\w*|spam|block\w*|(black)?list\w*|reputation|denied|allowed|permitted|spf|dkim|dmarc)\b/i;
const mailbox = '(?:user|mailbox|mail ?box|recipient|address|account|local part)';
const mailboxWords = new RegExp(
  [
    `no such ${mailbox}`,
    `(?:unknown|invalid|non-?existent) ${mailbox}`,
    `${mailbox}(?: \\S+){0,2} (?:is )?(?:unknown|not found|not known|invalid)`,
    `(?:does not|doesn't|do not|don't) exist`,
    `no mailbox (?:here )?by that name`,
  ].join('|'),
  'i',
);

/** Whether an answer, which may have several lines, clearly says that the mailbox does not exist or takes no mail. */
function isAboutMailbox(response: string): boolean {
  const codes = [...response.matchAll(enhancedCode)].map(([, code]) => code!);
  if (codes.length === 0) return mailboxWords.test(response) && !aboutUs.test(response);
  // Of a refusal that gives two reasons, one of which is ours, ours counts.
  return codes.every((code) =>
    code === '5.4.1'
      ? /\brecipient\b/i.test(response)
      : mailboxCode.test(code) && !/\bsender\b/i.test(response),
  );
}
