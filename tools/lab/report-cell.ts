/** All that is known of a cell: in the matrix that of each style stands side by side, in the control group it opens by itself. */
import type { Style } from '../../domain/signup.ts';
import { Fragment, h, type Html } from '../../web/components/h.ts';
import type { Cell, FaultDescription } from './figures.ts';
import { linked, List, Section } from './report-text.ts';
import { Happenings, Timeline } from './report-timelines.ts';
import { expectation, repeating, wordOf } from './report-words.ts';

/** A place in the matrix: the cell of a style, if it was played. */
export type InMatrix = { style: Style; cell: Cell | undefined };

/** Where a cell opens. A link to what is inside opens it, without a script. */
export const anchorOf = (fault: string, style: Style) => `${fault}-${style}`;

/** What is expected of a style, and what its cell holds. */
export function Opened({ fault, style, cell }: InMatrix & { fault: FaultDescription }): Html {
  const wanted = h(
    'p',
    null,
    h('span', { class: 'muted' }, 'Expected:'),
    ' ',
    linked(expectation(fault, style)),
  );
  const isOwed = wordOf(fault, style, cell) === 'not played';
  return h(
    'article',
    null,
    h(
      'section',
      null,
      h('h3', { id: anchorOf(fault.name, style) }, style),
      wanted,
      isOwed && h('p', null, 'Not played.'),
    ),
    cell && h(Contents, { cell }),
  );
}

/** All that a cell holds, a section each. */
export function Contents({ cell }: { cell: Cell }): Html {
  const { findings, actions, happened, worst } = cell;
  return h(
    Fragment,
    null,
    h(List, { title: 'What the judge found', entries: findings }),
    h(List, { title: 'What a human had to do', entries: actions.map(codeOf) }),
    h(Happenings, { happened }),
    h(Timeline, { worst }),
    h(Section, { title: 'Again' }, h('p', null, codeOf(repeating(cell)))),
  );
}

const codeOf = (command: string) => h('code', null, command);
