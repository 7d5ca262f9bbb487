/** The steps that can run out of attempts: how each is made to fail, and what its signup looks like then and at the end. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import type { StepName } from '../../domain/process.ts';
import {
  arrival,
  click,
  clickUntilActedOn,
  linkIn,
  endScenario,
  beginScenario,
  uniqueEmail,
  uniqueRequest,
  idOf,
} from '../client.ts';
import { faultAtAccount } from '../inside.ts';

/** A signup whose id is known before it is asked for. */
export type Planned = { request: SignupRequest; key: string; id: string };
/** A step that is made to fail, and what is seen of its signup. */
export type ParkedCase = {
  step: StepName;
  /** Where the other style has no such step to park: its edge answers at once. */
  only?: Style;
  overrides?: () => Partial<SignupRequest>;
  /** Breaks what the step needs, before the signup is started; returns what mends it. */
  breaks: (planned: Planned) => Promise<() => Promise<void>>;
  /** Brings the signup to the step. */
  reach?: (planned: Planned) => Promise<unknown>;
  lastError: RegExp;
  /** How it is while the step is parked, and at the end. */
  meanwhile: Signup['status'];
  ends: Signup['status'];
  mails: string[];
  texts: string[];
};

/** Makes the provider fail for the address of a signup, or answer as told; returns what mends it. */
export const mailFault = async ({ request: { email } }: Planned, reply = '451 4.3.0 Try later') => {
  await beginScenario({ channel: 'email', to: email, stage: 'rcpt', reply });
  return () => endScenario(email);
};
/** Makes the provider fail for the number of a signup. */
export const smsFault = async ({ request: { phone } }: Planned) => {
  await beginScenario({ channel: 'sms', to: phone, stage: 'http', reply: { status: 503 } });
  return () => endScenario(phone!);
};
/** Waits for the welcome SMS: once its signup has moved on it would be skipped. */
const untilTexted = ({ request: { phone } }: Planned) => arrival(phone!, 'welcome');
const undeliverable = () => ({ email: uniqueEmail('undeliverable.example') });
const isBroken = /this account is broken/;
const notified = () => ({
  meanwhile: 'pending' as const,
  ends: 'pending' as const,
  mails: ['welcome'],
  texts: ['welcome'],
});

/** Every step that can be parked. */
export const parkedCases: ParkedCase[] = [
  {
    step: 'openAccount',
    only: 'orchestration',
    lastError: isBroken,
    ...notified(),
    breaks: ({ id }) => faultAtAccount(id, `new.status = 'pending'`),
    meanwhile: 'opening',
  },
  { step: 'sendEmail welcome', breaks: mailFault, lastError: /451 4\.3\.0 Try later/, ...notified() },
  { step: 'sendSms welcome', breaks: smsFault, lastError: /503/, ...notified() },
  {
    step: 'recordNotified',
    lastError: isBroken,
    ...notified(),
    breaks: ({ id }) => faultAtAccount(id, 'new.notified_at is not null'),
  },
  {
    step: 'activateAccount',
    only: 'orchestration',
    lastError: isBroken,
    ...notified(),
    breaks: ({ id }) => faultAtAccount(id, `new.status = 'active'`),
    reach: async (planned) => {
      const link = await linkIn(planned.request.email);
      await untilTexted(planned);
      assert.equal((await click(link)).status, 202);
    },
    ends: 'activated',
    mails: ['activated', 'welcome'],
  },
  {
    step: 'sendEmail activated',
    lastError: /451/,
    ...notified(),
    breaks: async () => async () => {},
    reach: async (planned) => {
      const link = await linkIn(planned.request.email);
      await untilTexted(planned);
      await mailFault(planned);
      await clickUntilActedOn(link);
    },
    meanwhile: 'activated',
    ends: 'activated',
    mails: ['activated', 'welcome'],
  },
  {
    step: 'closeAccount undeliverable',
    lastError: isBroken,
    overrides: undeliverable,
    breaks: ({ id }) => faultAtAccount(id, `new.status = 'closed'`),
    reach: untilTexted,
    meanwhile: 'pending',
    ends: 'undeliverable',
    mails: [],
    texts: ['closed', 'welcome'],
  },
  {
    step: 'sendSms closed',
    lastError: /503/,
    overrides: undeliverable,
    breaks: smsFault,
    meanwhile: 'undeliverable',
    ends: 'undeliverable',
    mails: [],
    texts: ['closed'],
  },
];

/** Plans a signup that no other test makes. */
export function plan(style: Style, overrides: Partial<SignupRequest> = {}): Planned {
  const key = randomUUID();
  return { request: uniqueRequest(style, overrides), key, id: idOf(style, key) };
}
