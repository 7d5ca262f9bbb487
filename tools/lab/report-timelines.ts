/** What happened in a cell, as the report shows it: what the lab did and saw, and the history of the signup that fared worst. */
import type { HistoryEntry } from '../../domain/history.ts';
import { h, type Html } from '../../web/components/h.ts';
import { Table } from '../../web/components/table.ts';
import type { Cell } from './figures.ts';
import { Quiet, Section } from './report-text.ts';
import { sinceText } from './report-words.ts';

/** What the lab did and saw, with the seconds since the cell began. */
export function Happenings({ happened }: Pick<Cell, 'happened'>): Html {
  const entries = happened.map(({ atSeconds, what }) =>
    h('li', null, h('span', { class: 'at' }, `${atSeconds.toFixed(1)} s`), ' ', what),
  );
  return h(
    Section,
    { title: 'What happened' },
    entries.length === 0 ? h(Quiet, null, 'Nothing.') : h('ol', null, entries),
  );
}

/** The steps of the signup that took longest or went worst, each with how long after the first one, in the signup's own time. */
export function Timeline({ worst }: Pick<Cell, 'worst'>): Html {
  const title = 'The signup that took longest, or went worst';
  if (!worst) return h(Section, { title }, h(Quiet, null, 'None.'));
  const { signupId, timeline } = worst;
  const [first] = timeline;
  return h(
    Section,
    { title },
    h(Quiet, null, h('code', null, signupId)),
    first === undefined
      ? h(Quiet, null, 'Nobody knows anything of it.')
      : h(
          Table,
          { class: 'timeline', columns: ['after', 'step', 'came to'] },
          timeline.map((entry) => h(Step, { entry, beganAt: Date.parse(first.at) })),
        ),
  );
}

function Step({ entry, beganAt }: { entry: HistoryEntry; beganAt: number }): Html {
  const { at, kind, step, attempts, detail } = entry;
  const told = [
    kind,
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(detail === null ? [] : [detail]),
  ];
  return h(
    'tr',
    null,
    h('td', { class: 'at' }, sinceText(Date.parse(at) - beganAt)),
    h('th', { scope: 'row' }, step),
    h('td', null, told.join('; ')),
  );
}
