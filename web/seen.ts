/**
 * What the page has seen of one signup, and how an entry of the feed changes that. A signup is folded from all its entries, so the order
 * in which they come, and whether they come twice, makes no difference. Nothing here knows a browser.
 */
import { isFinal, type HistoryEntry, type ObservedKind } from '../domain/history.ts';
import { closeReasons, type StepName } from '../domain/process.ts';
import type { Signup, SignupStatus, Style } from '../domain/signup.ts';
import type { FeedEntry } from '../domain/tracked.ts';

/** An entry of the feed. */
export type Entry = FeedEntry;

/** A step, as far as it is known to have come. `told` is all that was told of it, oldest first. */
export type StepSeen = {
  step: string;
  kind: ObservedKind;
  attempts: number;
  /** In the signup's own time. */
  atMs: number;
  /** By the clock. */
  notedAtMs: number;
  detail: string | null;
  event: string | null;
  causationId: string | null;
  told: readonly Entry[];
};

/** A mail or an SMS that arrived for a signup, without its text. */
export type ArrivedFor = { id: string; step: string; receivedAtMs: number };

/** One signup. It is never changed, only replaced: one that is the same object is unchanged. */
export type SignupSeen = {
  readonly id: string;
  readonly style: Style;
  /** The group it was started in; null where it was started alone. */
  readonly group: string | null;
  readonly status: SignupStatus;
  /** In its own time, which begins at the clock. */
  readonly startedAtMs: number;
  /** How far its own time is ahead of the clock. */
  readonly aheadMs: number;
  readonly entries: readonly Entry[];
  readonly steps: ReadonlyMap<string, StepSeen>;
  readonly arrivals: readonly ArrivedFor[];
  /** As its source last showed it, and its history: read for the selected group only. */
  readonly shown: Signup | null;
  readonly history: readonly HistoryEntry[] | null;
};

/** A signup of which nothing is known yet but that it is there. */
export function signupUnseen(
  id: string,
  style: Style,
  startedAtMs: number,
  group: string | null = null,
): SignupSeen {
  return {
    id,
    style,
    group,
    status: 'opening',
    startedAtMs,
    aheadMs: 0,
    entries: [],
    steps: new Map(),
    arrivals: [],
    shown: null,
    history: null,
  };
}

/** The signup with this entry in it: itself where it had it already. */
export function withEntry(signup: SignupSeen, entry: Entry): SignupSeen {
  const { entries } = signup;
  if (entries.some(({ id }) => id === entry.id)) return signup;
  const after = entries.findLastIndex(({ id }) => id < entry.id) + 1;
  return folded({ ...signup, entries: entries.toSpliced(after, 0, entry) });
}

/** The signup with what an answer of the API shows of it. */
export function withShown(signup: SignupSeen, shown: Signup): SignupSeen {
  const startedAtMs = Date.parse(shown.startedAt);
  return folded({ ...signup, shown, startedAtMs });
}

/** The signup with its own time so far ahead of the clock, at least: what happened in it meanwhile may have told so already. */
export function movedTo(signup: SignupSeen, aheadMs: number): SignupSeen {
  return { ...signup, aheadMs: Math.max(signup.aheadMs, aheadMs) };
}

/** The signup with a message that arrived: itself where it had it already. */
export function withArrival(signup: SignupSeen, arrived: ArrivedFor): SignupSeen {
  if (signup.arrivals.some(({ id }) => id === arrived.id)) return signup;
  return { ...signup, arrivals: [...signup.arrivals, arrived] };
}

/** How often a message arrived. */
export function timesArrived({ arrivals }: SignupSeen, step: string): number {
  return arrivals.filter((arrived) => arrived.step === step).length;
}

/** Whether a message of it arrived more than once. */
export function arrivedTwice({ arrivals }: SignupSeen): boolean {
  return arrivals.length > new Set(arrivals.map(({ step }) => step)).size;
}

/** Whether a step of it waits for `resume`. */
export function isParked({ steps }: SignupSeen): boolean {
  return [...steps.values()].some(({ kind }) => kind === 'parked');
}

/** Whether it has come to an end, whatever messages are still on their way. */
export function hasEnded({ status }: Pick<SignupSeen, 'status'>): boolean {
  return status !== 'opening' && status !== 'pending';
}

/** Its own time, where the clock shows this. */
export function ownTime({ aheadMs }: SignupSeen, nowMs: number): number {
  return nowMs + aheadMs;
}

/** Its own time cannot be far ahead of the clock unless it was moved: what lies below is the clocks' difference. */
const leastMoveMs = 30_000;

function folded(signup: SignupSeen): SignupSeen {
  const steps = new Map<string, StepSeen>();
  let { status, aheadMs, group } = signup;
  let startedAtMs = Infinity;
  for (const entry of signup.entries) {
    const atMs = Date.parse(entry.at);
    const notedAtMs = Date.parse(entry.notedAt);
    startedAtMs = Math.min(startedAtMs, atMs);
    if (atMs - notedAtMs > Math.max(aheadMs, leastMoveMs)) aheadMs = atMs - notedAtMs;
    group ??= entry.group;
    status = later(status, statusAfter(entry));
    const known = steps.get(entry.step);
    const { step, kind, attempts, detail, event, causationId } = entry;
    const told = [...(known?.told ?? []), entry];
    steps.set(
      step,
      known && !replaces(entry, atMs, known)
        ? { ...known, told }
        : { step, kind, attempts, atMs, notedAtMs, detail, event, causationId, told },
    );
  }
  if (signup.shown) status = later(status, signup.shown.status);
  return {
    ...signup,
    steps,
    status,
    aheadMs,
    group,
    startedAtMs: Math.min(startedAtMs, signup.startedAtMs),
  };
}

/** Whether an entry says more than what is known of its step: what is final stays; before that, the later one counts. */
function replaces(entry: Entry, atMs: number, known: StepSeen): boolean {
  if (isFinal(known.kind)) return false;
  if (isFinal(entry.kind)) return true;
  return atMs === known.atMs ? entry.attempts >= known.attempts : atMs > known.atMs;
}

/** The further one of two statuses: an end is never left. */
function later(one: SignupStatus, other: SignupStatus | undefined): SignupStatus {
  if (other === undefined || hasEnded({ status: one })) return one;
  return other === 'opening' ? one : other;
}

/** What a signup has come to by a step, where the step decides that. */
function statusAfter({ step, kind }: Entry): SignupStatus | undefined {
  if (step === ('openAccount' satisfies StepName))
    return kind === 'done' ? 'pending' : kind === 'refused' ? 'refused' : undefined;
  if (kind !== 'done') return undefined;
  if (step === ('activateAccount' satisfies StepName)) return 'activated';
  return closeReasons.find((reason) => step === (`closeAccount ${reason}` satisfies StepName));
}
