/** The signups of a lane as a list, newest first and a page at a time: what the cells show, for a keyboard and for who does not see them. */
import { useState } from 'preact/hooks';
import { h, type Html } from '../components/h.ts';
import { cellOf, cells, type LaneSeen } from '../lanes.ts';
import type { PanelProps } from '../page-props.ts';
import { clockTime } from '../panels/words.ts';

/** How many are listed at once. */
const rowsShown = 30;

/** The list, closed until it is asked for; each signup in it opens its last step. */
export function SignupList({
  page,
  store,
  lane,
}: Pick<PanelProps, 'page' | 'store'> & { lane: LaneSeen }): Html {
  const [isOpen, open] = useState(false);
  const [from, turn] = useState(0);
  const count = lane.ids.length;
  const shown = isOpen
    ? lane.ids.slice(Math.max(0, count - from - rowsShown), count - from).toReversed()
    : [];
  return h(
    'details',
    {
      class: 'signups',
      onToggle: ({ currentTarget }: { currentTarget: HTMLDetailsElement }) => open(currentTarget.open),
    },
    h('summary', null, `${count.toLocaleString('en')} ${count === 1 ? 'signup' : 'signups'}`),
    h(
      'ol',
      { start: from + 1 },
      shown.map((id) => {
        const signup = page.signups.get(id);
        if (!signup) return null;
        const cell = cellOf(signup);
        const step = [...signup.steps.keys()].at(-1) ?? 'openAccount';
        return h(
          'li',
          { key: id },
          h(
            'button',
            { type: 'button', onClick: () => store.change({ selectedStep: { signupId: id, step } }) },
            `${cells[cell]} ${clockTime(signup.startedAtMs).slice(0, 8)} ${cell}`,
          ),
        );
      }),
    ),
    count > rowsShown &&
      h(
        'p',
        { class: 'turn' },
        h(
          'button',
          { type: 'button', disabled: from === 0, onClick: () => turn(Math.max(0, from - rowsShown)) },
          'Newer',
        ),
        h(
          'button',
          { type: 'button', disabled: from + rowsShown >= count, onClick: () => turn(from + rowsShown) },
          'Older',
        ),
      ),
  );
}
