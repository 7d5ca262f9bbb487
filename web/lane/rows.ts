/**
 * What a lane draws of a signup: a row for each step that was seen, a hollow one for each that must come next, and between them the idle
 * time, folded. Times are those of the signup, never when the page was told.
 */
import { expectedSteps, type SeenStep } from '../../domain/expected.ts';
import { isFinal, type EntryKind } from '../../domain/history.ts';
import {
  clickRow,
  isReminder,
  processOrder,
  retryAfterMs,
  retryPolicy,
  type Purpose,
} from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import type { Request } from '../page.ts';
import { lasting } from '../panels/words.ts';
import { ownTime, timesArrived, type SignupSeen } from '../seen.ts';
import { tookMsOf } from './taking.ts';
import { marks, takesBack, wordsOfStep, type Mark } from './words.ts';

/** A row of a lane. */
export type Row = {
  step: string;
  mark: Mark;
  title: string;
  /** What is said of it beside its title: its word, and a time. */
  value: string;
  /** All of it as one sentence. */
  sentence: string;
  attempts: number;
  /** An error, or a reason. */
  detail: string | null;
  /** How often its message arrived, where that is more than once. */
  times: number;
  /** How much of the wait for the next attempt, or for the deadline, is over, from 0 to 1. */
  share: number | null;
  /** Whether it was taken back later. */
  isTakenBack: boolean;
  /** The idle time before it, in words. */
  idle: string | null;
};

/** What is known of a step, from the feed or from its history. */
type Known = { step: string; kind: EntryKind; attempts: number; atMs: number; detail: string | null };

/** Idle time from so long on is folded. */
const foldedFromMs = 60_000;
const hourMs = 60 * foldedFromMs;

/** The rows of a lane: of a signup, of a request that is not answered yet, or of nothing, which shows what would come. */
export function rowsOf(
  style: Style,
  signup: SignupSeen | undefined,
  request: Request | undefined,
  nowMs: number,
): Row[] {
  const at = signup ? ownTime(signup, nowMs) : nowMs;
  const known = signup ? knownOf(signup) : new Map<string, Known>();
  const seen: SeenStep[] = [...known.values()].map(({ atMs, ...step }) => ({
    ...step,
    at: new Date(atMs).toISOString(),
  }));
  const sentAtMs = request?.sentAtMs;
  const lastMs = Math.max(
    sentAtMs ?? signup?.startedAtMs ?? at,
    ...[...known.values()].map(({ atMs }) => atMs),
  );
  const isUnderWay = signup !== undefined || (request !== undefined && request.answer === undefined);
  const rows = [...known.values()]
    .filter(({ step, kind }) => !(step === clickRow && kind === 'waiting'))
    .map((step) => ({ row: seenRow(step, known, signup, at), atMs: step.atMs }));
  const hollow = expectedSteps(style, seen, new Date(at).toISOString())
    .filter(({ step, isNext }) => step === clickRow || isNext || !isSendOf(step, isReminder))
    .map(({ step, dueAt, isNext }) => {
      const dueMs = dueAt === null ? null : Date.parse(dueAt);
      const row =
        step === clickRow && known.size > 0
          ? waitingRow(dueMs, at)
          : expectedRow(step, isNext && isUnderWay ? Math.max(0, at - lastMs) : null);
      return { row, atMs: null };
    });
  return folded([...rows, ...hollow].toSorted((one, other) => place(one.row) - place(other.row)));
}

/** What the feed and the history say together: what is final stays, else the later of both. */
function knownOf({ steps, history }: SignupSeen): Map<string, Known> {
  const known = new Map<string, Known>(steps);
  for (const { step, kind, attempts, at, detail } of history ?? []) {
    const before = known.get(step);
    const atMs = Date.parse(at);
    if (before && (isFinal(before.kind) || (atMs < before.atMs && !isFinal(kind)))) continue;
    known.set(step, { step, kind, attempts, atMs, detail });
  }
  return known;
}

function seenRow(
  { step, kind, attempts, atMs, detail }: Known,
  known: ReadonlyMap<string, Known>,
  signup: SignupSeen | undefined,
  at: number,
): Row {
  const mark: Mark = kind === 'done' && takesBack(step) ? 'compensation' : kind;
  const { title, sentence } = wordsOfStep(step);
  const tried = attempts > 1 ? `${attempts}×` : '';
  const times = signup ? timesArrived(signup, step) : 0;
  const nextMs = kind === 'retrying' ? retryAfterMs(Math.max(1, attempts), retryPolicy) : undefined;
  const leftMs = nextMs === undefined ? null : Math.max(0, atMs + nextMs - at);
  const tookMs = kind === 'done' && signup ? tookMsOf(signup, step) : null;
  const value = {
    done: ['done', tried, tookMs === null || !hasRoom(step) ? '' : lasting(tookMs)],
    compensation: ['taken back'],
    retrying: [`tried ${attempts}×`],
    running: ['running', lasting(Math.max(0, at - atMs))],
    failed: ['failed', tried],
    refused: ['refused'],
    parked: ['parked', tried],
    skipped: ['skipped'],
    waiting: ['waiting'],
    expected: ['expected'],
  }[mark];
  const more = [
    attempts > 1
      ? `${marks[mark].word === 'tried' ? '' : `${marks[mark].word}, `}tried ${attempts} times`
      : marks[mark].word,
    tookMs === null ? '' : `took ${lasting(tookMs)}`,
    leftMs === null ? '' : `next in ${lasting(leftMs)}`,
    times > 1 ? `arrived ${times} times` : '',
    detail ?? '',
  ];
  return {
    step,
    mark,
    title,
    value: value.filter((word) => word !== '').join(' '),
    sentence: [sentence, ...more.filter((word) => word !== '')].join(', '),
    attempts,
    detail: kind === 'done' ? null : detail,
    times,
    share: nextMs === undefined || leftMs === null ? null : 1 - leftMs / nextMs,
    isTakenBack:
      step === 'openAccount' &&
      [...known.values()].some((each) => each.kind === 'done' && takesBack(each.step)),
    idle: null,
  };
}

function expectedRow(step: string, forMs: number | null): Row {
  const { title, sentence } = wordsOfStep(step);
  // The hollow mark says already that it is expected.
  const value = forMs === null ? 'expected' : `for ${lasting(forMs)}`;
  const since = forMs === null ? '' : ` ${value}`;
  return { ...emptyRow(step), title, value, sentence: `${sentence}, expected${since}`, mark: 'expected' };
}

/** The wait for the click: how long is left of it in the time of the signup. */
function waitingRow(dueMs: number | null, at: number): Row {
  const { title, sentence } = wordsOfStep(clickRow);
  const value = dueMs === null ? 'waiting' : `${lasting(Math.max(0, dueMs - at))} left`;
  return { ...emptyRow(clickRow), title, value, sentence: `${sentence}, ${value}`, mark: 'waiting' };
}

const emptyRow = (step: string) => ({
  step,
  attempts: 0,
  detail: null,
  times: 0,
  share: null,
  isTakenBack: false,
  idle: null,
});

/** Whether there is room for a time beside the title of a step; those of messages at the end are long. */
const hasRoom = (step: string) => !isSendOf(step, (purpose) => purpose !== 'welcome');

/** Whether a step sends what such a purpose calls for. */
function isSendOf(step: string, is: (purpose: Purpose) => boolean): boolean {
  const purpose = step.split(' ')[1];
  return purpose !== undefined && is(purpose as Purpose);
}

function place({ step }: Row): number {
  const index = (processOrder as readonly string[]).indexOf(step);
  return index === -1 ? processOrder.length : index;
}

/** Idle time in words, rounded: whether a reminder came some ms before its hour was full says nothing. */
function idleFor(ms: number): string {
  const hours = Math.round(ms / hourMs);
  if (hours < 1) return lasting(ms);
  const days = Math.floor(hours / 24);
  return [days > 0 ? `${days} d` : '', hours % 24 > 0 ? `${hours % 24} h` : '']
    .filter((word) => word !== '')
    .join(' ');
}

/** The rows, with the idle time before each that came long after the one before it. */
function folded(rows: readonly { row: Row; atMs: number | null }[]): Row[] {
  let lastMs: number | null = null;
  return rows.map(({ row, atMs }) => {
    const idleMs = atMs === null || lastMs === null ? 0 : atMs - lastMs;
    if (atMs !== null) lastMs = Math.max(lastMs ?? atMs, atMs);
    return idleMs >= foldedFromMs ? { ...row, idle: `${idleFor(idleMs)} later` } : row;
  });
}
