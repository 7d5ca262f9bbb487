/**
 * The numbers of a lane: how long its callers waited, those of this page and those of the last crowd, and what the stack reports of it. A
 * number that is not there is a word, so that nobody takes it for a zero.
 */
import type { CrowdAnswers } from '../../domain/crowd.ts';
import { percentile } from '../../domain/percentile.ts';
import type { StyleReport } from '../../domain/report.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { Fragment, h, type Html } from '../components/h.ts';
import { acceptedIn, type LaneSeen } from '../lanes.ts';
import type { Page } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { openedIn } from '../scenes/looking.ts';
import { lasting, missing } from './words.ts';

/** A number of a lane, as it is shown. `key` is for tests. */
export type Row = { key: string; word: string; value: string; isTrouble?: boolean; isWide?: boolean };

/** Two times of a lane: the one that half of them took at most, and the one that all but a hundredth did. */
export type Times = { key: string; word: string; p50: string; p99: string };

/** How long callers waited, as this page and the last crowd measured it, and how long it took until they were notified. */
export function timesOf({ report, answersMs }: LaneSeen, crowd: CrowdAnswers | undefined): Times[] {
  const { p50Ms, p99Ms } = report?.notified ?? {};
  const answered = (percent: number) => time(answersMs.length > 0 ? percentile(answersMs, percent) : null);
  return [
    { key: 'answer', word: 'answer', p50: answered(50), p99: answered(99) },
    ...(crowd ? [{ key: 'crowd', word: 'crowd', p50: time(crowd.p50Ms), p99: time(crowd.p99Ms) }] : []),
    { key: 'notified', word: 'notified', p50: time(p50Ms), p99: time(p99Ms) },
  ];
}

/** The counts of a lane, in the order in which they are read. */
export function rowsOf(
  { style, report, counts }: LaneSeen,
  crowd: CrowdAnswers | undefined,
  counted: Page['counted'],
): Row[] {
  const reported = report?.counts;
  return [
    ...countedOf(report, counted, style),
    ...failedOf(crowd),
    { key: 'accepted', word: 'accepted', value: shown(reported && acceptedIn(reported)) },
    { key: 'active', word: 'active', value: shown(reported?.activated) },
    { key: 'retrying', word: 'again', value: shown(report?.retrying) },
    { key: 'twice', word: 'twice', value: String(counts.twice), isTrouble: counts.twice > 0 },
    ...unreadIn(report),
    { key: 'parked', word: 'parked', value: shown(report?.parked), isTrouble: (report?.parked ?? 0) > 0 },
    ...waitingIn(report),
  ];
}

/** How many of the accounts that were opened statistics has counted, where somebody wants to know. */
function countedOf(report: StyleReport | null, counted: Page['counted'], style: Style): Row[] {
  if (counted === undefined) return [];
  const opened = openedIn(report);
  const value = counted === null || opened === undefined ? missing.yet : `${counted[style]} of ${opened}`;
  return [{ key: 'statistics', word: 'statistics', value, isWide: true }];
}

/** How many of the last crowd had no answer in time, or one that nobody can do anything with. */
function failedOf(crowd: CrowdAnswers | undefined): Row[] {
  if (!crowd) return [];
  const { asked, failed } = crowd;
  const value = `${failed} of ${asked}`;
  return [{ key: 'failed', word: 'crowd failed', value, isTrouble: failed > 0, isWide: true }];
}

/** What waits to be read, where a lane has messages. It stands where a pair has room for it. */
function unreadIn(report: StyleReport | null): Row[] {
  const { mechanism } = report ? traits[report.style] : {};
  if (!report || mechanism === 'calls' || mechanism === 'workflow') return [];
  return [{ key: 'depth', word: 'unread', value: shown(report.depth) }];
}

/** What waits inside of a lane; which numbers there are depends on what carries it. */
function waitingIn(report: StyleReport | null): Row[] {
  if (!report) return [];
  const { style, threads, unsent, oldestUnsentMs, setAside } = report;
  const { mechanism, manner } = traits[style];
  if (mechanism === 'calls') {
    const held = threads ? `${threads.busy} of ${threads.of}` : missing.yet;
    return [{ key: 'threads', word: 'threads', value: manner === 'blocking' ? held : 'none', isWide: true }];
  }
  if (mechanism === 'workflow') return [];
  return [
    { key: 'unsent', word: 'unsent', value: shown(unsent) },
    {
      key: 'set-aside',
      word: 'unreadable',
      value: shown(setAside),
      isTrouble: (setAside ?? 0) > 0,
    },
    {
      key: 'oldest-unsent',
      word: 'oldest unsent',
      value: unsent === 0 ? 'none' : time(oldestUnsentMs),
      isWide: true,
    },
  ];
}

/** The numbers of a lane; of one that is not here there are none. */
export function LaneNumbers({ page, style }: Pick<PanelProps, 'page'> & { style: Style }): Html | null {
  const lane = page.lanes[style];
  if (lane.report?.isHere === false) return null;
  // Of a crowd that left a lane out there is nothing to say there, in the same rows.
  const crowd = page.crowd && page.crowd.asked > 0 ? page.crowd.byStyle[style] : undefined;
  return h(
    'div',
    { class: 'numbers', 'data-numbers': style, 'data-has-crowd': crowd && '' },
    h(
      'table',
      null,
      h(
        'tr',
        null,
        h('th', { scope: 'col', class: 'what' }, 'within'),
        h('th', { scope: 'col' }, 'p50'),
        h('th', { scope: 'col' }, 'p99'),
      ),
      timesOf(lane, crowd).map(({ key, word, p50, p99 }) =>
        h(
          'tr',
          { key, 'data-number': key },
          h('th', { scope: 'row' }, word),
          h('td', null, h(Value, { value: p50 })),
          h('td', null, h(Value, { value: p99 })),
        ),
      ),
    ),
    h(
      'dl',
      null,
      rowsOf(lane, crowd, page.counted).map(({ key, word, value, isTrouble, isWide }) => {
        const kind = [isTrouble && 'trouble', isWide && 'wide'].filter(Boolean).join(' ');
        return h(
          'div',
          { key, 'data-number': key, class: kind || undefined },
          h('dt', null, word),
          h('dd', null, h(Value, { value })),
        );
      }),
    ),
  );
}

/** The numbers of all lanes side by side, for a narrow screen that shows one lane at a time. */
export function Numbers({ page }: Pick<PanelProps, 'page'>): Html {
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'numbers-title' },
    h('h2', { id: 'numbers-title' }, 'Numbers'),
    styles.map((style) => {
      const { isHere, whyNot } = page.lanes[style].report ?? {};
      return h(
        'div',
        { key: style, class: 'numbers-of' },
        h('h3', null, traits[style].title),
        isHere === false
          ? h('p', { class: 'empty' }, whyNot ?? missing.here)
          : h(LaneNumbers, { page, style }),
      );
    }),
  );
}

/** A value; where there is none yet, a dash has room for itself, and its word is for who hears it. */
function Value({ value }: { value: string }): Html {
  if (value !== missing.yet) return h(Fragment, null, value);
  return h(Fragment, null, h('span', { 'aria-hidden': 'true' }, '–'), h('span', { class: 'unseen' }, value));
}

function shown(value: number | undefined | null): string {
  return value === undefined || value === null ? missing.yet : String(value);
}

function time(value: number | undefined | null): string {
  return value === undefined || value === null ? missing.yet : lasting(value);
}
