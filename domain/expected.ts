/**
 * What must come next of a signup: the steps that follow from those that were seen, in every style. It is a forecast for
 * whoever draws a signup, and decides nothing: what a signup does is told by its style, and a signup from before a change of the
 * process keeps its own rules.
 */
import { skippedBecause, type EntryKind } from './history.ts';
import {
  clickRow,
  closeReasons,
  later,
  processOrder,
  reminders,
  stepsFor,
  unfinishedAfterMs,
  verifyBy,
  type CloseReason,
  type Purpose,
  type StepName,
} from './process.ts';
import type { Style } from './signup.ts';
import { traits } from './styles.ts';

/** A step as the feed or a history shows it; the latest that is known of it. */
export type SeenStep = { step: string; kind: EntryKind; at: string; detail: string | null };

/** A step that was not seen yet. */
export type ExpectedStep = {
  step: StepName | typeof clickRow;
  /** When it is due in the signup's own time, or until when the click is waited for; null where it needs no time, or none is known. */
  dueAt: string | null;
  /** Whether it waits for nothing more: it is under way, or about to be. */
  isNext: boolean;
};

/** What a closed account is told by. */
const toldOf: Record<CloseReason, Purpose | undefined> = {
  expired: 'expired',
  undeliverable: 'closed',
  cancelled: undefined,
};

const welcomeMail: StepName = 'sendEmail welcome';

/**
 * The steps that must come, in the order of the process, as long as nothing else happens: reminders and the click too, none of which
 * the other needs. `seen` may be in any order, `at` is now in the signup's own time.
 */
export function expectedSteps(style: Style, seen: readonly SeenStep[], at: string): ExpectedStep[] {
  const known = new Map(seen.map((each) => [each.step, each]));
  const kindOf = (step: StepName | typeof clickRow) => known.get(step)?.kind;
  const isDone = (step: StepName | typeof clickRow) => kindOf(step) === 'done';
  const isOver = (step: StepName) => isOneOf(kindOf(step), 'done', 'refused', 'skipped', 'failed');
  const isUnderWay = (step: StepName) => known.has(step) && !isOver(step);
  const closing = (is: (step: StepName) => boolean) =>
    closeReasons.find((reason) => is(`closeAccount ${reason}`));
  const expected = new Map<string, ExpectedStep>();

  const isCalled = traits[style].mechanism === 'calls';
  const isOneByOne = traits[style].manner === 'blocking';
  const opening = known.get('openAccount');
  if (opening && isOver('openAccount') && opening.kind !== 'done') return [];
  const isOpen = opening ? opening.kind === 'done' : seen.length > 0;
  const openedAt = opening?.kind === 'done' ? opening.at : undefined;
  const isDue = (dueAt: string | undefined) => dueAt !== undefined && Date.parse(dueAt) <= Date.parse(at);

  const isRefused = (step: StepName) => kindOf(step) === 'refused';
  const closedAs = closing(isDone);
  // One that faulted to the end is not settled: its poller, or its caller, comes again.
  const closesAs = closing((step) => isUnderWay(step) || hasFailed(step));
  const isSettled =
    isRefused('activateAccount') ||
    closing((step) => isOver(step) && !isDone(step) && !hasFailed(step)) !== undefined;
  // A caller that was answered with a fault has to ask again; nothing else comes back to its signup but the one who cancels it.
  const isCutShort =
    isCalled && [welcomeMail, 'recordNotified', 'closeAccount undeliverable'].some(hasFailed);

  if (!isOpen) expect('openAccount', true);
  if (closedAs !== 'cancelled' && !(isCalled && closedAs === 'expired')) welcome();
  if (isDone('activateAccount')) tell('activated', true);
  else if (closedAs !== undefined) tell(toldOf[closedAs], true);
  else if (!isSettled) wait();
  const place = ({ step }: ExpectedStep) => processOrder.indexOf(step);
  return [...expected.values()].toSorted((one, other) => place(one) - place(other));

  function expect(step: ExpectedStep['step'], isNext: boolean, dueAt?: string): void {
    if (!known.has(step) || kindOf(step) === 'waiting')
      expected.set(step, { step, dueAt: dueAt ?? null, isNext });
  }

  function hasFailed(step: string): boolean {
    return known.get(step)?.kind === 'failed';
  }

  /** Whether nothing was sent, as the signup had moved on. */
  function isSuperseded(step: StepName): boolean {
    return known.get(step)?.detail === skippedBecause.superseded;
  }

  function welcome(): void {
    const steps = stepsFor('welcome');
    if (!(isOneByOne && isCutShort)) {
      for (const [index, step] of steps.entries())
        expect(step, isOpen && (!isOneByOne || steps.slice(0, index).every(isOver)));
    }
    const isReached = !isOneOf(kindOf(welcomeMail), 'refused', 'skipped', 'failed');
    if (isReached && !isCutShort && !steps.some(isSuperseded))
      expect('recordNotified', isOpen && steps.every(isOver));
  }

  function tell(purpose: Purpose | undefined, isNext: boolean): void {
    if (purpose !== undefined) for (const step of stepsFor(purpose)) expect(step, isNext);
  }

  /** What ends the wait for the click, and what happens during it. */
  function wait(): void {
    if (isUnderWay('activateAccount') || isDone(clickRow)) {
      expect('activateAccount', true);
      tell('activated', false);
    } else if (closesAs !== undefined) {
      if (!isCutShort) tell(toldOf[closesAs], false);
    } else if (isRefused(welcomeMail)) {
      close('undeliverable', !isCalled || stepsFor('welcome').every(isOver));
    } else {
      const deadline = openedAt && verifyBy(openedAt);
      for (const { purpose, afterMs } of isCutShort ? [] : reminders) {
        const dueAt = openedAt && later(openedAt, afterMs);
        for (const step of stepsFor(purpose)) expect(step, isDue(dueAt), dueAt);
      }
      if (isDue(deadline)) close('expired', true);
      else expect(clickRow, isOpen, deadline);
    }
    if (isCutShort) {
      const dueAt = openedAt && later(openedAt, unfinishedAfterMs);
      expect('closeAccount cancelled', isDue(dueAt), dueAt);
    }
  }

  function close(reason: CloseReason, isNext: boolean): void {
    expect(`closeAccount ${reason}`, isNext);
    tell(toldOf[reason], false);
  }
}

function isOneOf(kind: EntryKind | undefined, ...kinds: EntryKind[]): boolean {
  return kind !== undefined && kinds.includes(kind);
}
