/**
 * What a drawer tells of a step, put together from what was seen of its signup: what happened in its order, the event that told it and
 * the step that caused that, or the row of the history that says it. Pure; the drawer draws it.
 */
import { faults, type FaultName, type FaultState } from '../../domain/faults.ts';
import type { HistoryEntry } from '../../domain/history.ts';
import { sendStep, type StepName } from '../../domain/process.ts';
import { traits } from '../../domain/styles.ts';
import type { PageLinks } from '../page-props.ts';
import type { Entry, SignupSeen } from '../seen.ts';

/** Something that happened at a step. */
export type Happening = {
  /** In the signup's own time. */
  at: string;
  kind: string;
  attempts: number;
  detail: string | null;
  source: string;
};

/** Why a step was taken: the event that told of it, and what that event followed from. */
export type Because = {
  event: string | null;
  eventId: string;
  causationId: string | null;
  /** The step whose event caused it; undefined where the cause is none of this signup's steps, or not seen. */
  cause: { step: string; event: string | null } | undefined;
};

export type Story = {
  happenings: readonly Happening[];
  because: Because | undefined;
  /** The row of the history, which for a workflow is all there is. */
  row: HistoryEntry | undefined;
  isParked: boolean;
  /** It has not been taken, so there is no reason yet. */
  isWaiting: boolean;
};

/** The story of a step. */
export function storyOf({ entries, history }: SignupSeen, step: string): Story {
  const told = entries.filter((entry) => entry.step === step);
  const row = history?.find((entry) => entry.step === step);
  const happenings: Happening[] = told.map(({ at, kind, attempts, detail, source }) => ({
    at,
    kind,
    attempts,
    detail,
    source,
  }));
  // What is under way is only in the history; what is done there is in the feed as well.
  const isNews = row && !told.some(({ kind, attempts }) => kind === row.kind && attempts === row.attempts);
  if (isNews) happenings.push(row);
  const last = told.findLast(({ event }) => event !== null);
  const kind = row?.kind ?? told.at(-1)?.kind;
  return {
    happenings: happenings.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0)),
    because: last && becauseOf(last, entries),
    row,
    isParked: kind === 'parked',
    isWaiting: kind === 'waiting',
  };
}

function becauseOf({ event, eventId, causationId }: Entry, entries: readonly Entry[]): Because {
  const cause = causationId === null ? undefined : entries.find((entry) => entry.eventId === causationId);
  return { event, eventId, causationId, cause: cause && { step: cause.step, event: cause.event } };
}

/** The faults of a stage that kill a process at the lines of a step. */
export function crashesAt(step: string): FaultName[] {
  if (step === ('openAccount' satisfies StepName)) return ['crash-before-answer'];
  if (step === sendStep('email', 'welcome')) return ['crash-before-send', 'crash-before-record'];
  return [];
}

/** Those of them that can be asked for here, with their words. */
export function crashesHere(
  step: string,
  states: readonly FaultState[],
): { name: FaultName; words: string }[] {
  const isHere = (name: FaultName) => states.some((state) => state.name === name && state.isHere);
  return crashesAt(step)
    .filter(isHere)
    .map((name) => ({ name, words: faults[name].title }));
}

/** Where the machinery of a signup can be looked at; undefined where nothing shows it. */
export function consoleOf(
  { id, style }: SignupSeen,
  links: PageLinks,
): { text: string; href: string } | undefined {
  const { mechanism, carrier } = traits[style];
  if (mechanism === 'workflow' && links.workflow)
    return { text: 'This workflow in the Temporal UI', href: links.workflow(id) };
  if (carrier?.startsWith('rabbitmq') && links.rabbitmq !== undefined)
    return { text: 'Queues in the RabbitMQ UI', href: `${links.rabbitmq.replace(/\/$/, '')}/#/queues` };
  return undefined;
}
