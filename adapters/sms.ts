/**
 * The SMS provider, in the shape of Twilio's REST API
 * (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
 */
import { Pool } from 'undici';
import { z } from 'zod';
import { below } from '../domain/addresses.ts';
import { PermanentFault } from '../domain/steps.ts';
import type { Config } from './config.ts';

/** `id` (signup and purpose) goes into the `StatusCallback`, by which duplicates can be counted. */
export type Sms = { signupId: string; purpose: string; to: string; text: string };

/** What the provider said: it took the message, or the number cannot be reached. */
export type SmsAnswer = { accepted: string } | { undeliverable: string };

export type SmsProvider = {
  /** Sends one SMS. Throws a fault that may be retried, or a `PermanentFault` where no retry can help. */
  send(sms: Sms): Promise<SmsAnswer>;
  close(): Promise<void>;
};

/** The variables of a process that sends SMS. */
export const smsNeeds = ['SMS_URL', 'SMS_ACCOUNT_SID', 'SMS_AUTH_TOKEN', 'SMS_FROM', 'PUBLIC_URL'] as const;

/** Twilio's codes that speak of the number, not of us (https://www.twilio.com/docs/api/errors). */
const numberCannotBeReached = new Set([21211, 21214, 21217, 21219, 21610, 21612, 21614]);

const created = z.object({ sid: z.string() });
const refusal = z.object({ code: z.number(), message: z.string() });

/** Opens connections to the provider. */
export function openSms(config: Config<(typeof smsNeeds)[number]>): SmsProvider {
  const { SMS_URL: url, SMS_ACCOUNT_SID: accountSid, SMS_AUTH_TOKEN: authToken } = config;
  // `Pool.request` costs a fifth of the CPU that `fetch` does.
  const pool = new Pool(new URL(url).origin, {
    connections: 50,
    connectTimeout: 5000,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  });
  const path = below(url, `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`).pathname;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return {
    async send({ signupId, purpose, to, text }) {
      const callback = below(config.PUBLIC_URL, '/sms-status');
      callback.search = new URLSearchParams({ signup: signupId, purpose }).toString();
      const { statusCode, body } = await pool
        .request({
          method: 'POST',
          path,
          headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({
            To: to,
            From: config.SMS_FROM,
            Body: text,
            StatusCallback: callback.href,
          }).toString(),
        })
        .catch((cause: unknown) => {
          throw new Error(`SMS provider: ${cause instanceof Error ? cause.message : String(cause)}`, {
            cause,
          });
        });
      return answerOrFault(statusCode, await body.text());
    },
    close: () => pool.close(),
  };
}

/** Grades an answer of the provider: accepted, undeliverable, or a fault. */
export function answerOrFault(status: number, text: string): SmsAnswer {
  const json = parseJson(text);
  const accepted = created.safeParse(json);
  if (status >= 200 && status < 300 && accepted.success) return { accepted: accepted.data.sid };
  const refused = refusal.safeParse(json);
  if (status === 400 && refused.success && numberCannotBeReached.has(refused.data.code)) {
    return { undeliverable: `${refused.data.code} ${refused.data.message}` };
  }
  const said = `SMS provider answered ${status}: ${refused.success ? refused.data.message : text.slice(0, 200)}`;
  const ours = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  throw ours ? new PermanentFault(said) : new Error(said);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
