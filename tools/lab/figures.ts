/** What the lab finds: the shape of `results/lab.json`, which the report, the documents and the tests read. */
import type { HistoryEntry } from '../../domain/history.ts';
import type { Style } from '../../domain/signup.ts';
import { promises } from '../../domain/styles.ts';
import type { Machine } from '../bench/machine.ts';

/** What a fault belongs to; the order of the tables. */
export const families = ['crash', 'outage', 'provider', 'message'] as const;
export type Family = (typeof families)[number];

/** What the invariants came to for one signup: an entry per violation, in words. */
export type Verdict = {
  lost: readonly string[];
  stuck: readonly string[];
  inconsistent: readonly string[];
  /** Messages that arrived more often than once, each as often as it was too much. */
  duplicates: readonly string[];
};

/** What theory says of styles that do not promise everything: their signups may be that, and are found to be. */
export type Foretold = 'lost' | 'stuck';

/** What theory says of a style, in a fault whose callers come back for an answer, or leave. */
export function foretoldOf(style: Style, { callersLeave = false } = {}): Foretold[] {
  return [
    // A step that is not tried again is lost.
    ...(promises(style, 'attempts-for-days') ? [] : ['lost' as const]),
    // A signup that only its caller would have finished is stuck.
    ...(promises(style, 'outcome-after-the-caller-left') || !callersLeave ? [] : ['stuck' as const]),
  ];
}

/** One cell of the matrix: what a fault did to the signups of one style. */
export type Cell = {
  fault: string;
  style: Style;
  seed: number;
  /** Accepted signups that were judged. */
  signups: number;
  lost: number;
  stuck: number;
  inconsistent: number;
  duplicates: number;
  /** From healing until the last signup had ended or waited for the click. */
  recoverySeconds: number;
  /** For how long no signup of this style was accepted although some were asked for. */
  unavailableSeconds: number;
  /** From breaking until healing, as it was measured; undefined where nothing stays broken until it is healed. */
  brokenSeconds?: number | undefined;
  /** What a human had to do, as commands. */
  actions: readonly string[];
  /** What the style does not promise to spare a signup; missing where it promises all. */
  foretold?: readonly Foretold[];
  /** So many of them are within the one window that cannot be closed: of messages that were in hand when it broke. */
  duplicatesAllowed: number;
  /** What the lab did and saw, in order. */
  happened: readonly { atSeconds: number; what: string }[];
  /** Violations, with the signup they were found at. */
  findings: readonly string[];
  /** The signup that took longest or went worst. */
  worst: { signupId: string; timeline: readonly HistoryEntry[] } | undefined;
};

/** A cell of the control group: it has a defect, and is convicted where the judge finds what the theory says. */
export type ControlCell = Cell & {
  control: string;
  defect: string;
  expected: readonly (keyof Verdict)[];
  convicted: boolean;
};

/** `results/lab.json`. */
export type LabResults = {
  machine: Machine;
  versions: Record<string, string>;
  seed: number;
  tookSeconds: number;
  /** The faults of the run, with their words, so that a reader needs no source. */
  faults: readonly FaultDescription[];
  cells: readonly Cell[];
  controls: readonly ControlCell[];
};

/**
 * A fault in words. `expected` says for each style what it is to do, and why; null where the fault does not touch the style, undefined
 * where the style knows no such thing.
 */
export type FaultDescription = {
  name: string;
  family: Family;
  breaks: string;
  injectedAt: string;
  heals: string;
  expected: Record<Style, string | null | undefined>;
};

/**
 * A cell in one word: nothing is wrong, a duplicate in the one window, signups forgotten by a style of which theory says so, or an
 * invariant is violated.
 */
export function wordFor(cell: Cell): 'held' | 'duplicate' | 'forgotten' | 'broken' {
  const violated = (['lost', 'stuck', 'inconsistent'] as const).filter((kind) => cell[kind] > 0);
  const isForetold = violated.every((kind) => cell.foretold?.some((each) => each === kind));
  if (!isForetold || cell.duplicates > cell.duplicatesAllowed) return 'broken';
  if (violated.length > 0) return 'forgotten';
  return cell.duplicates > 0 ? 'duplicate' : 'held';
}

/** The results as CI and the report take them: everything is as expected, or what is not. */
export function complaintsAbout({ cells, controls }: Pick<LabResults, 'cells' | 'controls'>): string[] {
  return [
    ...cells
      .filter((cell) => wordFor(cell) === 'broken')
      .map(({ fault, style, findings }) => `${fault}, ${style}: ${findings.join('; ')}`),
    ...controls
      .filter(({ convicted }) => !convicted)
      .map(({ control, fault }) => `${control} was not convicted in ${fault}`),
  ];
}
