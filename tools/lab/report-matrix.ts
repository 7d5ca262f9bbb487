/** The matrix of the report: two rows per fault, one with what each style came to, one that opens to all that is known of it. */
import { styles, type Style } from '../../domain/signup.ts';
import { Badge } from '../../web/components/badge.ts';
import { Fragment, h, type Html } from '../../web/components/h.ts';
import { Facts } from '../../web/components/table.ts';
import { isOfDuet } from './fault.ts';
import { families, type Family, type FaultDescription, type LabResults } from './figures.ts';
import { anchorOf, Opened, type InMatrix } from './report-cell.ts';
import { cellOf, hasRecovered, isUntouched, seconds, violations, wordOf } from './report-words.ts';

const headings: Record<Family, string> = {
  crash: 'Crash points: a process dies at that very line',
  outage: 'Outages under load, all styles at once',
  provider: 'Providers misbehave',
  message: 'Messages, tasks and deploys',
};

/** The two that are compared, and those of the others that were played. */
function stylesShown({ cells }: Pick<LabResults, 'cells'>): Style[] {
  return styles.filter((style) => isOfDuet(style) || cells.some((cell) => cell.style === style));
}

/** The table, its faults by family. */
export function Matrix({ results }: { results: LabResults }): Html {
  const longest = Math.max(
    1,
    ...results.cells.flatMap(({ recoverySeconds, unavailableSeconds }) => [
      recoverySeconds,
      unavailableSeconds,
    ]),
  );
  const columns = ['fault', ...stylesShown(results)];
  const headers = columns.map((column) => h('th', { scope: 'col' }, column));
  return h(
    'table',
    { class: 'matrix' },
    h('thead', null, h('tr', null, headers)),
    families.map((family) => h(OfFamily, { family, results, longest })),
  );
}

type Shown = { results: LabResults; longest: number };

function OfFamily({ family, results, longest }: Shown & { family: Family }): Html | null {
  const here = results.faults.filter((fault) => fault.family === family);
  if (here.length === 0) return null;
  const colSpan = stylesShown(results).length + 1;
  return h(
    'tbody',
    null,
    h('tr', null, h('th', { scope: 'rowgroup', colSpan, class: 'family' }, headings[family])),
    here.map((fault) => h(OfFault, { fault, results, longest })),
  );
}

function OfFault({ fault, results, longest }: Shown & { fault: FaultDescription }): Html {
  const { name, breaks, injectedAt, heals } = fault;
  const cells = stylesShown(results).map((style) => ({ style, cell: cellOf(results, name, style) }));
  const broken = cells.find(({ cell }) => cell?.brokenSeconds !== undefined)?.cell?.brokenSeconds;
  const facts: [string, string][] = [
    ['injected at', injectedAt],
    ['heals', heals],
  ];
  if (broken !== undefined) facts.push(['broken for', seconds(broken)]);
  return h(
    Fragment,
    null,
    h(
      'tr',
      null,
      h('th', { scope: 'row' }, name),
      cells.map((each) => h(Outcome, { fault, longest, ...each })),
    ),
    h(
      'tr',
      { class: 'more' },
      h(
        'td',
        { colSpan: cells.length + 1 },
        h(
          'details',
          null,
          h('summary', null, breaks),
          h(Facts, { facts }),
          h(
            'div',
            { class: 'pair' },
            cells.map((each) => h(Opened, { fault, ...each })),
          ),
        ),
      ),
    ),
  );
}

function Outcome(props: InMatrix & { fault: FaultDescription; longest: number }): Html {
  const { fault, style, cell, longest } = props;
  const word = wordOf(fault, style, cell);
  const badge = h(Badge, { word, href: `#${anchorOf(fault.name, style)}` });
  if (!cell) return h('td', { class: word === 'not played' ? 'broken' : 'none' }, badge);
  const violated = violations(cell);
  const { signups, recoverySeconds, unavailableSeconds } = cell;
  const counts = `${signups} signups${violated === undefined ? '' : `: ${violated}`}`;
  const said = [badge, ' ', h('span', { class: 'counts' }, counts)];
  if (isUntouched(fault, style, cell)) return h('td', { class: 'none' }, said);
  const recovery = hasRecovered(cell) ? 'recovered in' : 'not recovered after';
  return h(
    'td',
    { class: word },
    said,
    h(Bar, { what: recovery, value: recoverySeconds, longest }),
    unavailableSeconds > 0 && h(Bar, { what: 'closed for', value: unavailableSeconds, longest }),
  );
}

type Measure = {
  what: 'recovered in' | 'not recovered after' | 'closed for';
  value: number;
  longest: number;
};

function Bar({ what, value, longest }: Measure): Html {
  const percent = Math.max(0, Math.min(100, (100 * value) / longest)).toFixed(1);
  const fill = { class: what === 'closed for' ? 'fill closed' : 'fill', style: `width:${percent}%` };
  return h(
    'div',
    { class: 'measure' },
    h('span', null, `${what} ${seconds(value)}`),
    h('span', { class: 'bar', 'aria-hidden': true }, h('i', fill)),
  );
}
