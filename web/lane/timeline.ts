/** The timeline of a signup in a lane: an ordered list whose steps are buttons that open what happened. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { h, type Html } from '../components/h.ts';
import type { Row } from './rows.ts';
import { marks } from './words.ts';

export type TimelineProps = {
  rows: readonly Row[];
  /** The step that is looked at. */
  selected: string | null;
  onSelect: ((step: string) => void) | undefined;
  onResume: (() => void) | undefined;
};

/** The rows of a lane. */
export function Timeline({ rows, selected, onSelect, onResume }: TimelineProps): Html {
  return h(
    'ol',
    { class: 'timeline', ...useNewestInSight(rows) },
    rows.flatMap((row) => [
      row.idle !== null && h('li', { key: `${row.step} idle`, class: 'idle' }, row.idle),
      h(
        'li',
        {
          key: row.step,
          class: `step ${row.isTakenBack ? 'taken-back' : ''}`,
          'data-step': row.step,
          'data-kind': row.mark,
          'data-attempts': row.attempts,
          'data-times': row.times > 1 ? row.times : undefined,
        },
        h(Step, { row, isSelected: row.step === selected, onSelect }),
        row.mark === 'parked' &&
          onResume &&
          h('button', { type: 'button', class: 'resume', onClick: onResume }, 'Resume'),
      ),
    ]),
  );
}

/** How far up a reader has to scroll for what comes not to scroll it down again. */
const scrolledUpPx = 8;

/** What keeps the newest row in sight as rows come, in a lane that is too low for all of them. */
function useNewestInSight(rows: readonly Row[]) {
  const list = useRef<HTMLOListElement>(null);
  const lowest = useRef(0);
  const isScrolledUp = useRef(false);
  const come = rows.filter(({ mark }) => mark !== 'expected' && mark !== 'waiting');
  const newest = come.at(-1)?.step;
  useLayoutEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-step="${newest}"]`);
    if (!list.current || !row || isScrolledUp.current) return;
    const below = row.getBoundingClientRect().bottom - list.current.getBoundingClientRect().bottom;
    if (below > 0) list.current.scrollTop += Math.ceil(below);
    lowest.current = list.current.scrollTop;
  }, [newest, come.length]);
  const onScroll = () => {
    if (!list.current) return;
    const { scrollTop, clientHeight, scrollHeight } = list.current;
    const isAtEnd = scrollTop + clientHeight > scrollHeight - scrolledUpPx;
    isScrolledUp.current = !isAtEnd && scrollTop < lowest.current - scrolledUpPx;
    lowest.current = isAtEnd ? scrollTop : Math.max(lowest.current, scrollTop);
  };
  return { ref: list, onScroll };
}

function Step({
  row,
  isSelected,
  onSelect,
}: Pick<TimelineProps, 'onSelect'> & { row: Row; isSelected: boolean }): Html {
  const content = [
    h('span', { class: 'mark', 'aria-hidden': 'true', ...ring(row) }, marks[row.mark].sign),
    h('span', { class: 'title' }, row.title),
    row.times > 1 && h('b', { class: 'times' }, `×${row.times}`),
    h('span', { class: 'value' }, row.value),
    row.detail !== null && h('small', { class: 'detail' }, row.detail),
  ];
  // What was not seen yet has nothing to open.
  if (!onSelect || row.mark === 'expected') {
    return h('span', { class: 'step-face' }, ...content);
  }
  return h(
    'button',
    {
      type: 'button',
      class: 'step-face',
      'aria-pressed': isSelected,
      onClick: () => onSelect(row.step),
    },
    ...content,
    h('span', { class: 'unseen' }, `, ${row.sentence}`),
  );
}

/** The ring around a mark, which fills until the next attempt. */
function ring({ share }: Row): { 'data-ring'?: string; style?: string } {
  if (share === null) return {};
  // It is set by script, which the policy of the page allows where it forbids the attribute.
  return { 'data-ring': 'true', style: `--share: ${Math.round(share * 100)}%` };
}
