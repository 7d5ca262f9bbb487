/** What can go wrong with a signup, as changes of what is seen of it: the judge has to find each, and call it what it is. */
import { skippedBecause, type HistoryEntry } from '../../../domain/history.ts';
import { outcomes, type Signup } from '../../../domain/signup.ts';
import type { Evidence } from '../../../tools/lab/evidence.ts';
import type { Verdict } from '../../../tools/lab/figures.ts';
import { account, allMessages, arrived, at } from './evidence.ts';

/** What the history says of the welcome SMS. */
export const entry = (kind: HistoryEntry['kind'], detail: string | null = null): HistoryEntry => ({
  at,
  kind,
  detail,
  step: 'sendSms welcome',
  attempts: 2,
  source: 'tracker',
});

/** The evidence with something else shown of the signup; nothing where nobody knows it. */
const showing = (evidence: Evidence, shown: Partial<Signup>): Evidence[] =>
  evidence.signup ? [{ ...evidence, signup: { ...evidence.signup, ...shown } }] : [];

/** The evidence with one channel shown as reached in another way. */
const showingReached = (evidence: Evidence, reached: Partial<Signup['notified']>): Evidence[] =>
  evidence.signup ? showing(evidence, { notified: { ...evidence.signup.notified, ...reached } }) : [];

const isWelcome =
  (wanted: string) =>
  ({ purpose, channel }: { purpose: string; channel: string }) =>
    purpose === 'welcome' && channel === wanted;

/** The evidence with something else in the account; nothing where there is none. */
const holding = (evidence: Evidence, held: Partial<NonNullable<Evidence['account']>>): Evidence[] =>
  evidence.account ? [{ ...evidence, account: { ...evidence.account, ...held } }] : [];

const isOneOf = (evidence: Evidence, ...stands: Signup['status'][]) =>
  evidence.signup !== undefined && stands.includes(evidence.signup.status);

/** The evidence without one of its messages, for each that has to be there. Whoever was cancelled was promised none. */
const withoutOne = (evidence: Evidence): Evidence[] =>
  isOneOf(evidence, 'cancelled')
    ? []
    : evidence.arrived.map((one) => ({
        ...evidence,
        arrived: evidence.arrived.filter((each) => each !== one),
      }));

/** What can go wrong, and what the judge has to call it. `of` gives every way of it that a signup knows, perhaps none. */
export const mutations: readonly {
  what: string;
  kind: keyof Verdict;
  of: (evidence: Evidence) => Evidence[];
}[] = [
  { what: 'a message does not arrive', kind: 'lost', of: withoutOne },
  {
    what: 'a message arrives under the id of another signup',
    kind: 'lost',
    of: (evidence) =>
      withoutOne(evidence).map((rest, index) => ({
        ...rest,
        arrived: [...rest.arrived, { ...evidence.arrived[index]!, signupId: 'another' }],
      })),
  },
  {
    what: 'a message is left out for want of a phone that there is, or since the workflow was terminated',
    kind: 'lost',
    of: (evidence) =>
      withoutOne(evidence)
        .filter(({ arrived: rest }) => evidence.request.phone && !rest.some(isWelcome('sms')))
        .flatMap((rest) =>
          [skippedBecause.skipped, 'the workflow was terminated', null].map((why) => ({
            ...rest,
            history: [entry('skipped', why)],
          })),
        ),
  },
  {
    what: 'nobody knows a signup that was accepted',
    kind: 'lost',
    of: (evidence) => (evidence.accepted ? [{ ...evidence, signup: undefined }] : []),
  },
  {
    what: 'a message arrives twice',
    kind: 'duplicates',
    of: (evidence) =>
      evidence.arrived.map((one) => ({ ...evidence, arrived: [...evidence.arrived, { ...one }] })),
  },
  {
    what: 'it does not end',
    kind: 'stuck',
    of: (evidence) =>
      evidence.signup?.outcome ? showing(evidence, { status: 'pending', outcome: null }) : [],
  },
  {
    what: 'it is still opening',
    kind: 'stuck',
    of: (evidence) => showing(evidence, { status: 'opening', outcome: null }),
  },
  {
    what: 'it waits for the click and was not notified',
    kind: 'stuck',
    of: (evidence) =>
      isOneOf(evidence, 'pending') ? showing(evidence, { notified: { email: null, sms: null } }) : [],
  },
  {
    what: 'a step is parked',
    kind: 'stuck',
    of: (evidence) =>
      showing(evidence, { parked: [{ step: 'sendSms welcome', attempts: 150, lastError: 'no' }] }),
  },
  {
    what: 'the history has a step that is not over',
    kind: 'stuck',
    of: (evidence) =>
      (evidence.signup ? (['running', 'retrying', 'parked'] as const) : []).map((kind) => ({
        ...evidence,
        history: [entry(kind)],
      })),
  },
  {
    what: 'it ends as it should not',
    kind: 'inconsistent',
    of: (evidence) =>
      outcomes
        .filter((outcome) => outcome !== evidence.signup?.outcome)
        .flatMap((outcome) => showing(evidence, { status: outcome, outcome })),
  },
  {
    what: 'the account is in another state, or not there, or there though it should not be',
    kind: 'inconsistent',
    of: (evidence) =>
      [
        undefined,
        account('pending'),
        account('active'),
        account('closed', evidence.signup?.outcome ?? 'expired'),
      ]
        .filter((other) => other?.status !== evidence.account?.status)
        .map((other) => ({ ...evidence, account: other })),
  },
  {
    what: 'the account was closed for another reason, or has one and is not closed',
    kind: 'inconsistent',
    of: (evidence) =>
      [null, 'expired', 'undeliverable', 'cancelled']
        .filter((reason) => reason !== evidence.account?.closeReason)
        .flatMap((closeReason) => holding(evidence, { closeReason })),
  },
  {
    what: 'the account has a time of what did not happen to it, or none of what did',
    kind: 'inconsistent',
    of: (evidence) => [
      ...holding(evidence, { activatedAt: evidence.account?.activatedAt == null ? at : null }),
      ...holding(evidence, { closedAt: evidence.account?.closedAt == null ? at : null }),
    ],
  },
  {
    what: 'the address of a closed account is still taken',
    kind: 'inconsistent',
    of: (evidence) => (evidence.account?.status === 'closed' ? [{ ...evidence, addressIsFree: false }] : []),
  },
  {
    what: 'a message arrives that must not',
    kind: 'inconsistent',
    of: (evidence) =>
      allMessages
        .map(arrived)
        .filter(
          ({ key, channel }) => !evidence.arrived.some((one) => one.key === key && one.channel === channel),
        )
        // Whoever is cancelled may have been welcomed before.
        .filter(({ purpose }) => !(purpose === 'welcome' && isOneOf(evidence, 'cancelled')))
        .map((one) => ({ ...evidence, arrived: [...evidence.arrived, one] })),
  },
  {
    what: 'another number of reminders is shown than arrived',
    kind: 'inconsistent',
    of: (evidence) =>
      [-1, 1].flatMap((by) => showing(evidence, { reminders: (evidence.signup?.reminders ?? 0) + by })),
  },
  {
    what: 'it is shown as notified otherwise than the messages arrived',
    kind: 'inconsistent',
    of: (evidence) =>
      (['email', 'sms'] as const).flatMap((channel) =>
        ([null, 'sent', 'undeliverable'] as const)
          .filter((shown) => shown !== evidence.signup?.notified[channel])
          .filter((shown) => shown !== 'undeliverable' || evidence.arrived.some(isWelcome(channel)))
          .flatMap((shown) => showingReached(evidence, { [channel]: shown })),
      ),
  },
  {
    what: 'it has ended, its welcome arrived, and it is not shown as notified',
    kind: 'inconsistent',
    of: (evidence) =>
      isOneOf(evidence, 'activated', 'expired')
        ? showing(evidence, { notified: { email: null, sms: null } })
        : [],
  },
];
