/**
 * A lane: all signups of one style, counted as they go. Counts move with each signup that changes, so that a crowd of thousands costs a
 * frame no more than what changed in it.
 */
import type { StyleReport } from '../domain/report.ts';
import { statuses, type SignupStatus, type Style } from '../domain/signup.ts';
import { forEachStyle } from '../domain/styles.ts';
import { arrivedTwice, isParked, type SignupSeen } from './seen.ts';

/** What the page has counted of a lane. A signup that is parked, or was told twice, is counted by its status besides. */
export type LaneCounts = Record<SignupStatus | 'parked' | 'twice', number>;

/** A lane, as far as the page has seen it. It is replaced where anything of it changes. */
export type LaneSeen = {
  readonly style: Style;
  /** As `GET /styles` last told it. */
  readonly report: StyleReport | null;
  /** Its signups, in the order in which they were seen. The list is the lane's own and only grows, at its end. */
  readonly ids: string[];
  readonly counts: LaneCounts;
  /** How many cells of each kind its crowd is drawn as. */
  readonly cells: Readonly<Record<Cell, number>>;
  /** How long the last answers to this page took, in milliseconds, oldest first. */
  readonly answersMs: readonly number[];
};

/** How many signups of a lane were not turned away. */
export function acceptedIn(counts: Readonly<Record<SignupStatus, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.refused;
}

/** Lanes of a page that has seen nothing. */
export function emptyLanes(): Record<Style, LaneSeen> {
  return forEachStyle((style) => ({
    style,
    report: null,
    ids: [],
    counts: noCounts(),
    cells: noCells(),
    answersMs: [],
  }));
}

/** The lane with a signup in it, which was `before` until now. */
export function countOf(lane: LaneSeen, before: SignupSeen | undefined, signup: SignupSeen): LaneSeen {
  const counts = { ...lane.counts };
  const cells = { ...lane.cells };
  if (before) {
    for (const each of countedAs(before)) counts[each]--;
    cells[cellOf(before)]--;
  }
  cells[cellOf(signup)]++;
  for (const each of countedAs(signup)) counts[each]++;
  // Copying the list for each of a thousand signups would take a frame.
  if (!before) lane.ids.push(signup.id);
  return { ...lane, counts, cells };
}

/** What a cell of the crowd shows: one thing of a signup, with its glyph. Parked and twice go before where the signup is. */
export const cells = {
  opening: '·',
  pending: 'o',
  active: '✓',
  closed: '×',
  parked: '!',
  twice: '2',
} as const;
export type Cell = keyof typeof cells;

/** The cell of a signup. */
export function cellOf(signup: SignupSeen): Cell {
  if (isParked(signup)) return 'parked';
  if (arrivedTwice(signup)) return 'twice';
  const { status } = signup;
  if (status === 'opening' || status === 'pending') return status;
  return status === 'activated' ? 'active' : 'closed';
}

function countedAs(signup: SignupSeen): (keyof LaneCounts)[] {
  const counted: (keyof LaneCounts)[] = [signup.status];
  if (isParked(signup)) counted.push('parked');
  if (arrivedTwice(signup)) counted.push('twice');
  return counted;
}

function noCells(): Record<Cell, number> {
  return { opening: 0, pending: 0, active: 0, closed: 0, parked: 0, twice: 0 };
}

function noCounts(): LaneCounts {
  return Object.fromEntries([...statuses, 'parked', 'twice'].map((each) => [each, 0])) as LaneCounts;
}
