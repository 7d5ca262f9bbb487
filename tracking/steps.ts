/** What a row that a service tells says of a step, which steps it follows, and what its signup has come to by it. */
import { isFinal, type ObservedKind } from '../domain/history.ts';
import type { Style } from '../domain/signup.ts';
import {
  closeReasons,
  sendStep,
  stepsBefore,
  type Channel,
  type Purpose,
  type PurposeOver,
  type StepName,
} from '../domain/process.ts';
import type { Observation } from '../domain/tracked.ts';

/** A row of what a service tells: an event by its `type`, without personal data, or an observation. */
export type ToldRow = {
  id: string;
  signupId: string;
  style: Style;
  type: string | null;
  /** Of an event about a message: which one. */
  channel: Channel | null;
  purpose: Purpose | null;
  step: string | null;
  kind: ObservedKind | null;
  attempts: number;
  detail: string | null;
  at: string;
  causationId: string | null;
  group: string | null;
};

/** How far a step has come. */
type StepState = Pick<Observation, 'step' | 'kind' | 'detail'>;

/** What a row says of a step; undefined where it speaks of none. */
export function observationIn(row: ToldRow): Observation | undefined {
  const { id, signupId, style, attempts, at } = row;
  const seen = row.type === null ? observed(row) : stepOf(row);
  const about = {
    event: row.type ?? undefined,
    causationId: row.causationId ?? undefined,
    group: row.group ?? undefined,
  };
  return seen && { id, signupId, style, attempts, at, ...about, ...seen };
}

function observed({ step, kind, detail }: ToldRow): StepState | undefined {
  return step === null || kind === null ? undefined : { step, kind, detail };
}

// Cost 3 (choreography): the link and personal data travel in events, so what shows events has to leave them
// out.
/** The step that an event speaks of. */
function stepOf({ type, channel, purpose, detail }: ToldRow): StepState | undefined {
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
  const kind = kindOf[type as keyof typeof kindOf];
  if (kind === undefined || channel === null || purpose === null) return undefined;
  return { step: sendStep(channel, purpose as PurposeOver<Channel>), kind, detail };
}

const kindOf = {
  'message.sent': 'done',
  'message.undeliverable': 'refused',
  'message.skipped': 'skipped',
} as const;

/** Whether an observation may be shown, as what it follows is: `isOver` says so of a step of its signup. */
export function isInOrder({ step }: Observation, isOver: (step: string) => boolean): boolean {
  return stepsBefore(step).every(isOver);
}

/** What a signup has come to by a step, where the step decides that. */
export function statusAfter({ step, kind }: Observation): string | null {
  if (step === ('openAccount' satisfies StepName)) {
    return kind === 'done' ? 'pending' : kind === 'refused' ? 'refused' : null;
  }
  if (kind !== 'done') return null;
  if (step === ('activateAccount' satisfies StepName)) return 'activated';
  return closeReasons.find((reason) => step === (`closeAccount ${reason}` satisfies StepName)) ?? null;
}

/** One text for a step of a signup that is over, or undefined while it is not. */
export function overOf({ signupId, step, kind }: Observation): string | undefined {
  return isFinal(kind) || kind === 'failed' ? stepKey(signupId, step) : undefined;
}

/** One text for a step of a signup. */
export const stepKey = (signupId: string, step: string) => `${signupId} ${step}`;
