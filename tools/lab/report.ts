/**
 * `build/failure-report.html`: the matrix, each cell with what happened, and the control group, for a browser without a server. One
 * file, without a script.
 */
import { Badge, Key } from '../../web/components/badge.ts';
import { h, type Html } from '../../web/components/h.ts';
import { renderPage } from '../../web/components/render.ts';
import { Facts, Table } from '../../web/components/table.ts';
import { conclusions } from './conclusions.ts';
import type { ControlCell, LabResults } from './figures.ts';
import { anchorOf, Contents } from './report-cell.ts';
import { Matrix } from './report-matrix.ts';
import { reportStyle } from './report-style.ts';
import { violations } from './report-words.ts';

/** The whole page. */
export function failureReport(results: LabResults): string {
  const { cells, controls } = results;
  const convicted = controls.filter((control) => control.convicted);
  return renderPage(
    { title: 'Duet: what each style does when things break', style: reportStyle },
    h(
      'main',
      null,
      h('h1', null, 'What each style does when things break'),
      conclusions(results).map((sentence) => h('p', { class: 'lead' }, sentence)),
      h('p', null, `${cells.length} cells; ${convicted.length} of ${controls.length} controls convicted.`),
      h(MeasuredOn, { results }),
      h('h2', null, 'The matrix'),
      h(Key, { entries: words }),
      h(
        'p',
        null,
        'Recovered in: from healing until the last signup had ended or waited for the click. Closed for: how long no signup was ',
        'accepted although some were asked for. The bars are of one scale. Each word, and each row, opens to what happened.',
      ),
      h(Matrix, { results }),
      h('h2', null, 'The control group'),
      h(
        'p',
        null,
        'The same lab with one defect put in. A judge that acquits one of these says nothing about the others.',
      ),
      h(
        Table,
        { class: 'controls', columns: ['control', 'cell', 'expected', 'found', 'sentence'] },
        controls.map((control) => h(Control, { control })),
      ),
    ),
  );
}

const words = [
  { word: 'held', kind: 'held', means: 'every promise was kept.' },
  {
    word: 'duplicate',
    kind: 'duplicate',
    means: 'a message that was in hand when it broke arrived twice: the one window that cannot be closed.',
  },
  {
    word: 'forgotten',
    kind: 'forgotten',
    means: 'signups were lost or stuck, by a style that does not promise to spare them that.',
  },
  { word: 'broken', kind: 'broken', means: 'a promise was not kept.' },
  { word: 'not touched', kind: 'none', means: 'the style does not use what broke.' },
  { word: 'not applicable', kind: 'none', means: 'the style knows no such thing.' },
];

function MeasuredOn({ results }: { results: LabResults }): Html {
  const { machine, versions, seed, tookSeconds, faults } = results;
  const { cores, cpu, memoryGb, system } = machine;
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return h(Facts, {
    facts: [
      ['machine', `${cores} × ${cpu}, ${memoryGb} GB, ${system}`],
      ['versions', parts.join(', ')],
      ['run', `${faults.length} faults in ${Math.round(tookSeconds / 60)} minutes, seed ${seed}`],
      ['one cell again', h('code', null, `npm run lab -- --fault FAULT --style STYLE --seed ${seed}`)],
    ],
  });
}

function Control({ control }: { control: ControlCell }): Html {
  const { fault, style, convicted } = control;
  const expected = control.expected.map((kind) => (kind === 'duplicates' ? 'twice' : kind));
  const found = violations(control) ?? 'nothing';
  return h(
    'tr',
    null,
    h('th', { scope: 'row' }, control.control, h('span', { class: 'muted' }, control.defect)),
    h('td', null, h('a', { href: `#${anchorOf(fault, style)}` }, fault), `, ${style}`),
    h('td', null, expected.join(' or ')),
    h('td', null, h('details', null, h('summary', null, found), h(Contents, { cell: control }))),
    h(
      'td',
      { class: convicted ? 'held' : 'broken' },
      h(Badge, { word: convicted ? 'convicted' : 'acquitted' }),
    ),
  );
}
