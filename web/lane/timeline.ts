/** The timeline of a signup in a lane: an ordered list whose steps are buttons that open what happened. */
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
    { class: 'timeline' },
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
