/** The matrix of the report: two rows per fault, one with what each style came to, one that opens to all that is known of it. */
import { styles, type Style } from '../../domain/signup.ts';
import { isOfDuet } from './fault.ts';
import { families, type Cell, type Family, type FaultDescription, type LabResults } from './figures.ts';
import { escaped } from '../platform/mailbox/page.ts';
import { linked, list } from './report-text.ts';
import { happenings, timeline } from './report-timelines.ts';
import {
  cellOf,
  expectation,
  hasRecovered,
  isUntouched,
  repeating,
  seconds,
  violations,
  wordOf,
} from './report-words.ts';

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
export function matrix(results: LabResults): string {
  const longest = Math.max(
    1,
    ...results.cells.flatMap(({ recoverySeconds, unavailableSeconds }) => [
      recoverySeconds,
      unavailableSeconds,
    ]),
  );
  return `<table class="matrix">
<thead><tr><th scope="col">fault</th>${stylesShown(results)
    .map((style) => `<th scope="col">${style}</th>`)
    .join('')}</tr></thead>
${families.map((family) => familyRows(family, results, longest)).join('\n')}
</table>`;
}

/** Where a cell opens. A link to what is inside opens it, without a script. */
export const anchorOf = (fault: string, style: Style) => escaped(`${fault}-${style}`);

function familyRows(family: Family, results: LabResults, longest: number): string {
  const here = results.faults.filter((fault) => fault.family === family);
  if (here.length === 0) return '';
  return `<tbody><tr><th scope="rowgroup" colspan="${stylesShown(results).length + 1}" class="family">${headings[family]}</th></tr>
${here.map((fault) => faultRows(fault, results, longest)).join('\n')}</tbody>`;
}

function faultRows(fault: FaultDescription, results: LabResults, longest: number): string {
  const { name, breaks, injectedAt, heals } = fault;
  const cells = stylesShown(results).map((style) => ({ style, cell: cellOf(results, name, style) }));
  const broken = cells.find(({ cell }) => cell?.brokenSeconds !== undefined)?.cell?.brokenSeconds;
  const lasted = broken === undefined ? '' : `<dt>broken for</dt><dd>${seconds(broken)}</dd>`;
  return `<tr><th scope="row">${escaped(name)}</th>${cells.map((each) => outcome(fault, each, longest)).join('')}</tr>
<tr class="more"><td colspan="${stylesShown(results).length + 1}"><details><summary>${escaped(breaks)}</summary>
<dl><dt>injected at</dt><dd>${escaped(injectedAt)}</dd><dt>heals</dt><dd>${escaped(heals)}</dd>${lasted}</dl>
<div class="pair">${cells.map((each) => opened(fault, each)).join('\n')}</div></details></td></tr>`;
}

type InMatrix = { style: Style; cell: Cell | undefined };

function outcome(fault: FaultDescription, { style, cell }: InMatrix, longest: number): string {
  const word = wordOf(fault, style, cell);
  const link = `<a class="word" href="#${anchorOf(fault.name, style)}">${word}</a>`;
  if (!cell) return `<td class="${word === 'not played' ? 'broken' : 'none'}">${link}</td>`;
  const violated = violations(cell);
  const { signups, recoverySeconds, unavailableSeconds } = cell;
  const recovery = hasRecovered(cell) ? 'recovered in' : 'not recovered after';
  const counts = `<span class="counts">${signups} signups${violated === undefined ? '' : `: ${violated}`}</span>`;
  if (isUntouched(fault, style, cell)) return `<td class="none">${link} ${counts}</td>`;
  return `<td class="${word}">${link} ${counts}
${bar(recovery, recoverySeconds, longest)}${unavailableSeconds > 0 ? bar('closed for', unavailableSeconds, longest) : ''}</td>`;
}

function bar(what: string, value: number, longest: number): string {
  const kind = what === 'closed for' ? ' closed' : '';
  const percent = Math.max(0, Math.min(100, (100 * value) / longest)).toFixed(1);
  return `<div class="measure"><span>${what} ${seconds(value)}</span><span class="bar" aria-hidden="true"><i class="fill${kind}" style="width:${percent}%"></i></span></div>`;
}

function opened(fault: FaultDescription, { style, cell }: InMatrix): string {
  const heading = `<h3 id="${anchorOf(fault.name, style)}">${style}</h3>`;
  const wanted = `<p><span class="muted">Expected:</span> ${linked(expectation(fault, style))}</p>`;
  if (!cell) {
    const isOwed = wordOf(fault, style, cell) === 'not played';
    return `<article><section>${heading}${wanted}${isOwed ? '<p>Not played.</p>' : ''}</section></article>`;
  }
  return `<article><section>${heading}${wanted}</section>
${allOf(cell)}</article>`;
}

/** All that a cell holds, a section each. */
export function allOf(cell: Cell): string {
  const { findings, actions } = cell;
  return [
    list('What the judge found', findings.map(escaped), 'Nothing.'),
    list('What a human had to do', actions.map(codeOf), 'Nothing.'),
    happenings(cell),
    timeline(cell),
    `<section><h4>Again</h4><p>${codeOf(repeating(cell))}</p></section>`,
  ].join('\n');
}

const codeOf = (command: string) => `<code>${escaped(command)}</code>`;
