/**
 * The judge: business invariants of one signup, from what is seen of it outside. It knows neither style, nor what was broken. What
 * was promised is kept, once: that is all it asks for.
 */
import { skippedBecause } from '../../domain/history.ts';
import { channelNames, reminders } from '../../domain/process.ts';
import type { Outcome } from '../../domain/signup.ts';
import type { AccountSeen, Evidence, Intent } from './evidence.ts';
import type { Verdict } from './figures.ts';

/** How a signup has to end; null for one that goes on waiting for the click. */
const endOf: Record<Intent, Outcome | null> = {
  wait: null,
  remind: null,
  click: 'activated',
  expire: 'expired',
  undeliverable: 'undeliverable',
  taken: 'refused',
  cancel: 'cancelled',
};

/** What an account must be once its signup has ended, or waits. */
const accountAt: Record<Outcome | 'pending', string | undefined> = {
  pending: 'pending',
  activated: 'active',
  refused: undefined,
  expired: 'closed',
  undeliverable: 'closed',
  cancelled: 'closed',
};

/**
 * Judges one signup, healed and given time. An entry per violation. One that is there although its request was not accepted, as where
 * the answer was lost, is judged like any other. Messages of another signup do not count.
 */
export function judge(evidence: Evidence): Verdict {
  const { signup, intent, accepted } = evidence;
  const duplicates = duplicatesIn(evidence);
  if (!signup) {
    // Nothing was promised to whom was refused; to whom was accepted, everything.
    const lost = accepted ? ['the signup is not known'] : [];
    return { lost, stuck: [], inconsistent: halfDone(evidence), duplicates };
  }
  return {
    lost: missing(evidence).map((message) => `${message} did not arrive`),
    stuck: stuckAt(evidence),
    inconsistent: [
      ...(signup.outcome === null || signup.outcome === endOf[intent]
        ? []
        : [`it ended as ${signup.outcome}, not as ${endOf[intent] ?? 'one that waits'}`]),
      ...accountDisagrees(evidence),
      ...tooMuch(evidence).map((message) => `${message} must not be there`),
      ...shownWrongly(evidence),
    ],
    duplicates,
  };
}

/** Messages of this signup that arrived more often than once, as often as that was too much. */
function duplicatesIn(evidence: Evidence): string[] {
  const seen = new Set<string>();
  return own(evidence).flatMap(({ channel, purpose, key }) => {
    const message = `${channel} ${key}`;
    if (seen.has(message)) return [`${purpose} ${channel}`];
    seen.add(message);
    return [];
  });
}

const own = ({ arrived, signupId }: Evidence) => arrived.filter((message) => message.signupId === signupId);

const namesOf = (evidence: Evidence) =>
  new Set(own(evidence).map(({ channel, purpose }) => `${purpose} ${channel}`));

/** Of a request that was refused, nothing may be left. */
function halfDone(evidence: Evidence): string[] {
  const { account } = evidence;
  return [
    ...(account ? [`the account is ${account.status}, its signup is not known`] : []),
    ...[...namesOf(evidence)].map((message) => `${message} must not be there`),
  ];
}

function stuckAt({ signup, intent, history }: Evidence): string[] {
  const { status, outcome, notified, parked } = signup!;
  const wanted = endOf[intent];
  const open = history.filter(({ kind }) => kind === 'running' || kind === 'retrying');
  const inHistory = history.filter(({ kind }) => kind === 'parked');
  return [
    ...(wanted !== null && outcome === null ? [`it is ${status}, and should have ended as ${wanted}`] : []),
    ...(wanted === null && outcome === null && (status !== 'pending' || notified.email === null)
      ? [`it is ${status} and not notified`]
      : []),
    ...[...new Set([...parked, ...inHistory].map(({ step }) => step))].map((step) => `${step} is parked`),
    ...open.map(({ step, kind }) => `${step} is ${kind}`),
  ];
}

/** What has to arrive, by how the signup stands. */
function due({ signup, intent, request }: Evidence): string[] {
  const { outcome } = signup!;
  const phone = request.phone !== undefined;
  const reminded = intent === 'expire' ? reminders : intent === 'remind' ? reminders.slice(0, 1) : [];
  switch (outcome) {
    case 'refused':
    case 'cancelled':
      return [];
    case 'undeliverable':
      return phone ? ['welcome sms', 'closed sms'] : [];
    default:
      return [
        'welcome email',
        ...(phone ? ['welcome sms'] : []),
        ...reminded.map(({ purpose }) => `${purpose} email`),
        ...(outcome === 'activated' || outcome === 'expired' ? [`${outcome} email`] : []),
      ];
  }
}

function missing(evidence: Evidence): string[] {
  const there = namesOf(evidence);
  const leftOut = leftOutBy(evidence);
  return due(evidence).filter((message) => !there.has(message) && !leftOut.has(message));
}

/** A welcome or reminder that would come after the end is left out, and the history says so. No other reason excuses it. */
function leftOutBy({ signup, history }: Evidence): Set<string> {
  if (signup!.outcome === null) return new Set();
  const skipped = history.filter(
    ({ kind, step, detail }) =>
      kind === 'skipped' && detail === skippedBecause.superseded && /^send\w+ (welcome|reminder)/.test(step),
  );
  return new Set(
    skipped.map(({ step }) => {
      const [send = '', purpose = ''] = step.split(' ');
      return `${purpose} ${send === 'sendSms' ? 'sms' : 'email'}`;
    }),
  );
}

function tooMuch(evidence: Evidence): string[] {
  const allowed = new Set(due(evidence));
  // Whoever is cancelled may have been welcomed before.
  if (evidence.signup!.outcome === 'cancelled') allowed.add('welcome email').add('welcome sms');
  return [...namesOf(evidence)].filter((message) => !allowed.has(message));
}

function accountDisagrees({ signup, account, addressIsFree }: Evidence): string[] {
  const { outcome } = signup!;
  const wanted = accountAt[outcome ?? 'pending'];
  const findings: string[] = [];
  if (account?.status !== wanted) {
    findings.push(`the account is ${account?.status ?? 'missing'}, its signup ${outcome ?? 'pending'}`);
  }
  if (wanted === 'closed' && account?.closeReason !== outcome) {
    findings.push(`the account was closed as ${account?.closeReason}, its signup ended as ${outcome}`);
  }
  if (account) findings.push(...contradictionsIn(account));
  if (account?.status === 'closed' && addressIsFree === false) findings.push('the address is not free again');
  return findings;
}

/** An account was activated, or closed for a reason, or neither; never both, and never without a time. */
function contradictionsIn({ status, closeReason, activatedAt, closedAt }: AccountSeen): string[] {
  const [isActive, isClosed] = [status === 'active', status === 'closed'];
  return [
    ...((activatedAt !== null) === isActive ? [] : [`the account is ${status}, activated at ${activatedAt}`]),
    ...((closedAt !== null) === isClosed ? [] : [`the account is ${status}, closed at ${closedAt}`]),
    ...(isClosed || closeReason === null ? [] : [`the account is ${status}, closed as ${closeReason}`]),
  ];
}

/** What the signup says of itself against what really arrived. */
function shownWrongly(evidence: Evidence): string[] {
  const { outcome, notified, reminders: shown } = evidence.signup!;
  const there = namesOf(evidence);
  const reminded = [...there].filter((message) => /^reminder-\d email$/.test(message)).length;
  const findings = shown === reminded ? [] : [`${shown} reminders are shown, ${reminded} arrived`];
  for (const channel of channelNames) {
    // Given up without an answer: whether it arrived is not known.
    if (notified[channel] === 'failed') continue;
    const isShown = notified[channel] === 'sent';
    if (isShown !== there.has(`welcome ${channel}`) && (isShown || notified.email !== null)) {
      findings.push(`welcome ${channel} is shown as ${notified[channel]}`);
    }
  }
  const isNull = channelNames.map((channel) => notified[channel] === null);
  if (new Set(isNull).size > 1)
    findings.push(`notified is known of some channels only: ${JSON.stringify(notified)}`);
  // Who is closed as undeliverable or cancelled was never notified; of a welcome left out there is nothing to record.
  const isRecorded = outcome === 'activated' || outcome === 'expired';
  const isLeftOut = [...leftOutBy(evidence)].some((message) => message.startsWith('welcome'));
  if (isRecorded && notified.email === null && !isLeftOut && there.has('welcome email')) {
    findings.push('welcome email arrived, and it is not shown as notified');
  }
  if (outcome === 'refused' && notified.email !== null) findings.push('refused and notified');
  return findings;
}
