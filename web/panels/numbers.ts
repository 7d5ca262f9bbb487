/**
 * The numbers of a lane: how long its callers waited, as this page measured it, and what the stack reports of it. A number that is not
 * there is a word, so that nobody takes it for a zero.
 */
import type { StyleReport } from '../../domain/report.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { h, type Html } from '../components/h.ts';
import type { LaneSeen } from '../lanes.ts';
import type { PanelProps } from '../page-props.ts';
import { lasting, missing } from './words.ts';

/** A number of a lane, as it is shown. `key` is for tests. */
export type Row = { key: string; word: string; value: string; isTrouble?: boolean };

/** The value below which a share of all lie, of values in any order; undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The rows of a lane, in the order in which they are read. */
export function rowsOf({ report, answersMs, counts }: LaneSeen): Row[] {
  const shown = (value: number | undefined | null) =>
    value === undefined || value === null ? missing.yet : String(value);
  const time = (value: number | undefined | null) =>
    value === undefined || value === null ? missing.yet : lasting(value);
  const reported = report?.counts;
  const notified = report?.notified;
  return [
    {
      key: 'answer',
      word: 'answer p50, p99',
      value: both(time(quantile(answersMs, 0.5)), time(quantile(answersMs, 0.99))),
    },
    { key: 'accepted', word: 'accepted', value: shown(reported && accepted(reported)) },
    { key: 'notified', word: 'notified p50, p99', value: both(time(notified?.p50Ms), time(notified?.p99Ms)) },
    { key: 'active', word: 'active', value: shown(reported?.activated) },
    { key: 'retrying', word: 'tried again', value: shown(report?.retrying) },
    { key: 'parked', word: 'parked', value: shown(report?.parked), isTrouble: (report?.parked ?? 0) > 0 },
    { key: 'twice', word: 'twice', value: String(counts.twice), isTrouble: counts.twice > 0 },
    ...waitingIn(report),
  ];
}

/** What waits inside of a lane; which numbers there are depends on what carries it. */
function waitingIn(report: StyleReport | null): Row[] {
  if (!report) return [];
  const { style, threads, unsent, oldestUnsentMs, depth, setAside } = report;
  const { mechanism, manner } = traits[style];
  if (mechanism === 'calls') {
    if (manner !== 'blocking') return [{ key: 'threads', word: 'threads held', value: 'none' }];
    return [
      {
        key: 'threads',
        word: 'threads held',
        value: threads ? `${threads.busy} of ${threads.of}` : missing.yet,
      },
    ];
  }
  if (mechanism === 'workflow') return [];
  const oldest = oldestUnsentMs === null ? '' : `, oldest ${lasting(oldestUnsentMs)}`;
  return [
    {
      key: 'unsent',
      word: 'unsent',
      value: unsent === null ? missing.yet : `${unsent}${unsent > 0 ? oldest : ''}`,
    },
    { key: 'depth', word: 'not read yet', value: depth === null ? missing.yet : String(depth) },
    {
      key: 'set-aside',
      word: 'unreadable',
      value: setAside === null ? missing.yet : String(setAside),
      isTrouble: (setAside ?? 0) > 0,
    },
  ];
}

/** The numbers of a lane as a list of terms; where the lane is not here, why. */
export function LaneNumbers({ page, style }: Pick<PanelProps, 'page'> & { style: Style }): Html {
  const lane = page.lanes[style];
  const { report } = lane;
  if (report?.isHere === false) {
    return h('p', { class: 'numbers not-here', 'data-numbers': style }, report.whyNot ?? missing.here);
  }
  return h(
    'dl',
    { class: 'numbers', 'data-numbers': style },
    rowsOf(lane).map(({ key, word, value, isTrouble }) =>
      h(
        'div',
        { key, 'data-number': key, class: isTrouble ? 'trouble' : undefined },
        h('dt', null, word),
        h('dd', null, value),
      ),
    ),
  );
}

/** The numbers of all lanes side by side, for a narrow screen that shows one lane at a time. */
export function Numbers({ page }: Pick<PanelProps, 'page'>): Html {
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'numbers-title' },
    h('h2', { id: 'numbers-title' }, 'Numbers'),
    styles.map((style) =>
      h(
        'div',
        { key: style, class: 'numbers-of' },
        h('h3', null, traits[style].title),
        h(LaneNumbers, { page, style }),
      ),
    ),
  );
}

/** All that were not turned away. */
function accepted(counts: NonNullable<StyleReport['counts']>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.refused;
}

const both = (one: string, other: string) => (one === missing.yet ? one : `${one}, ${other}`);
