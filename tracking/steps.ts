/** What a row that a service tells says of a step, which steps it follows, and what its signup has come to by it. */
import { isFinal, type ObservedKind } from '../domain/history.ts';
import type { Style } from '../domain/signup.ts';
import type { StepName } from '../domain/steps.ts';
import type { Observation } from '../domain/tracked.ts';

/** A row of what a service tells: an event by its `type`, without whom it is about, or an observation. */
export type Told = {
  id: string;
  signupId: string;
  style: Style;
  type: string | null;
  step: string | null;
  kind: ObservedKind | null;
  attempts: number;
  detail: string | null;
  at: string;
};

type Seen = Pick<Observation, 'step' | 'kind' | 'detail'>;

/** What a row says of a step; undefined where it speaks of none. */
export function observationIn(row: Told): Observation | undefined {
  const { id, signupId, style, attempts, at, type, step, kind, detail } = row;
  const seen =
    type !== null
      ? stepOf(type, detail)
      : step !== null && kind !== null
        ? { step, kind, detail }
        : undefined;
  return seen && { id, signupId, style, attempts, at, ...seen };
}

// Cost 3 (choreography): the link and personal data travel in events, so whoever shows events takes out what may be shown.
/** The step that an event speaks of. */
function stepOf(type: string, detail: string | null): Seen | undefined {
  switch (type) {
    case 'account.opened':
      return { step: 'openAccount', kind: 'done', detail: null };
    case 'account.refused':
      return { step: 'openAccount', kind: 'refused', detail };
    case 'account.notified':
      return { step: 'recordNotified', kind: 'done', detail: null };
    case 'account.activated':
      return { step: 'activateAccount', kind: 'done', detail: null };
    case 'account.closed':
      return { step: `closeAccount ${detail}`, kind: 'done', detail: null };
  }
  const [, channel, result, purpose] = /^(email|sms)\.(sent|undeliverable|skipped)\.(.+)$/.exec(type) ?? [];
  if (channel === undefined) return undefined;
  const kind = kindOf[result as keyof typeof kindOf];
  return { step: `${channel === 'email' ? 'sendEmail' : 'sendSms'} ${purpose}`, kind, detail };
}

const kindOf = { sent: 'done', undeliverable: 'refused', skipped: 'skipped' } as const;

/** The steps that have to be over before a step begins; of the others only the first does. */
const before: Partial<Record<string, readonly StepName[]>> = {
  openAccount: [],
  recordNotified: ['sendEmail welcome', 'sendSms welcome'],
  'sendEmail activated': ['activateAccount'],
  'sendEmail expired': ['closeAccount expired'],
  'closeAccount undeliverable': ['sendEmail welcome'],
  'sendSms closed': ['closeAccount undeliverable'],
} satisfies Partial<Record<StepName, readonly StepName[]>>;

/** Whether an observation may be shown, as what it follows is: `isOver` says so of a step of its signup. */
export function isInOrder({ step }: Observation, isOver: (step: string) => boolean): boolean {
  return (before[step] ?? ['openAccount' satisfies StepName]).every(isOver);
}

/** What a signup has come to by a step, where the step decides that. */
export function statusAfter({ step, kind }: Observation): string | null {
  if (step === ('openAccount' satisfies StepName)) {
    return kind === 'done' ? 'pending' : kind === 'refused' ? 'refused' : null;
  }
  if (kind !== 'done') return null;
  if (step === ('activateAccount' satisfies StepName)) return 'activated';
  const [, reason] = /^closeAccount (.+)$/.exec(step) ?? [];
  return reason ?? null;
}

/** One text for a step of a signup that is over, or undefined while it is not. */
export function overOf({ signupId, step, kind }: Observation): string | undefined {
  return isFinal(kind) ? stepKey(signupId, step) : undefined;
}

/** One text for a step of a signup. */
export const stepKey = (signupId: string, step: string) => `${signupId} ${step}`;
