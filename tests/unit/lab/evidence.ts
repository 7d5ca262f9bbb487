/** Sound evidence for the tests of the judge: what is seen of a signup of each kind that went well. */
import { reminders } from '../../../domain/process.ts';
import { signupShown, styles, type Outcome } from '../../../domain/signup.ts';
import type { AccountSeen, Arrived, Evidence, Intent } from '../../../tools/lab/evidence.ts';

export const at = '2026-11-27T12:00:00.000Z';
export const signupId = '5f5f2f51-54a5-5a59-8f6c-1f0a4b7f0001';

/** Each message that a signup can send, as purpose and channel. */
export const allMessages = [
  'welcome email',
  'welcome sms',
  'activated email',
  'expired email',
  'closed sms',
  ...reminders.map(({ purpose }) => `${purpose} email`),
];

/** One that arrived. */
export function arrived(message: string): Arrived {
  const [purpose, channel] = message.split(' ') as [string, 'email' | 'sms'];
  return { channel, purpose, to: 'ada', signupId, key: `${signupId}.${purpose}`, receivedAt: at };
}

/** An account as it is in this state. */
export function account(status: AccountSeen['status'], closeReason: string | null = null): AccountSeen {
  return {
    status,
    closeReason,
    activatedAt: status === 'active' ? at : null,
    closedAt: status === 'closed' ? at : null,
  };
}

/** How a signup stands, or that nobody knows it, and what its customer has received. */
type Kind = { intent: Intent; stands: Outcome | 'pending' | 'unknown'; received: string[]; words?: string };

const welcome = ['welcome email', 'welcome sms'];
const kinds: Kind[] = [
  { intent: 'wait', stands: 'pending', received: welcome },
  { intent: 'click', stands: 'activated', received: [...welcome, 'activated email'] },
  { intent: 'remind', stands: 'pending', received: [...welcome, 'reminder-1 email'] },
  {
    intent: 'expire',
    stands: 'expired',
    received: [...welcome, ...reminders.map(({ purpose }) => `${purpose} email`), 'expired email'],
  },
  { intent: 'undeliverable', stands: 'undeliverable', received: ['welcome sms', 'closed sms'] },
  { intent: 'cancel', stands: 'cancelled', received: [] },
  { intent: 'cancel', stands: 'cancelled', received: welcome, words: 'welcomed before' },
  { intent: 'taken', stands: 'unknown', received: [], words: 'refused at once' },
  { intent: 'taken', stands: 'refused', received: [], words: 'refused after 202' },
];

/** Sound evidence, by words for the title of a test: each kind, in every style, with a phone and without. */
export const sound: readonly { words: string; evidence: Evidence }[] = styles.flatMap((style) =>
  [true, false].flatMap((hasPhone) =>
    kinds.map((kind) => {
      const words = [kind.intent, kind.words, style, hasPhone ? 'with a phone' : 'without'];
      return { words: words.filter(Boolean).join(', '), evidence: evidenceOf(style, kind, hasPhone) };
    }),
  ),
);

/** Sound evidence of the first kind of this intent, with a phone. */
export function soundOf(style: Evidence['style'], intent: Intent): Evidence {
  return evidenceOf(
    style,
    kinds.find((kind) => kind.intent === intent)!,
    true,
  );
}

function evidenceOf(
  style: Evidence['style'],
  { intent, stands, received }: Kind,
  hasPhone: boolean,
): Evidence {
  const request = { email: 'ada@example.com', style, ...(hasPhone ? { phone: '+15550001111' } : {}) };
  const messages = received.filter((message) => hasPhone || !message.endsWith(' sms'));
  const seen = accountOf(stands);
  return {
    signupId,
    style,
    intent,
    request,
    accepted: stands !== 'unknown',
    signup:
      stands === 'unknown'
        ? undefined
        : {
            ...signupShown(signupId, request, {
              status: stands,
              startedAt: at,
              verifyBy: at,
              reminders: messages.filter((message) => message.startsWith('reminder')).length,
            }),
            notified: messages.includes('welcome email')
              ? { email: 'sent', sms: hasPhone ? 'sent' : 'skipped' }
              : { email: null, sms: null },
          },
    account: seen,
    arrived: messages.map(arrived),
    history: [],
    addressIsFree: seen?.status === 'closed' ? true : undefined,
  };
}

function accountOf(stands: Kind['stands']): AccountSeen | undefined {
  if (stands === 'unknown' || stands === 'refused') return undefined;
  if (stands === 'pending') return account('pending');
  return stands === 'activated' ? account('active') : account('closed', stands);
}
