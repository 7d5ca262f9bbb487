/** `docs/failure-report.html`: the matrix, each cell with what happened, for a browser without a server. */
import { styles, type Style } from '../domain/signup.ts';
import {
  families,
  wordFor,
  type Cell,
  type ControlCell,
  type Family,
  type FaultDescription,
  type LabResults,
} from './figures.ts';
import { reportStyle } from './report-style.ts';
import { timelines } from './report-timelines.ts';
import { escaped, linked } from './report-text.ts';

const headings: Record<Family, string> = {
  crash: 'Crash points: a process dies at that very line',
  outage: 'Outages: 10 s under load, both styles at once',
  provider: 'Providers misbehave',
  message: 'Messages, tasks and deploys',
};

/** The whole page. */
export function failureReport(results: LabResults): string {
  const { machine, versions, seed, tookSeconds, faults, cells, controls } = results;
  const slowest = Math.max(1, ...cells.map(({ recoverySeconds }) => recoverySeconds));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Duet: what each style does when things break</title>
<style>${reportStyle}</style>
<main>
<h1>What each style does when things break</h1>
<p class="lead">${cells.length} cells, ${sum(cells, 'signups')} signups: ${sum(cells, 'lost')} lost, ${sum(cells, 'stuck')} stuck,
${sum(cells, 'inconsistent')} inconsistent, ${sum(cells, 'duplicates')} messages that arrived twice.
${controls.filter(({ convicted }) => convicted).length} of ${controls.length} controls convicted.</p>
<p>A <b class="held">held</b> cell kept every promise. <b class="duplicate">duplicate</b>: a message arrived twice, within the one window
that cannot be closed. <b class="broken">broken</b>: a promise was not kept. Recovery is counted from healing until the last signup
had ended or waited for the click; closed is for how long no signup was accepted. Each row opens.</p>
${families.map((family) => familySection(family, results, slowest)).join('\n')}
<section><h2>The control group</h2>
<p>The same lab with one defect put in. A judge that acquits one of these says nothing about the others.</p>
<div class="scroll"><table><thead><tr><th scope="col">control<th scope="col">what is wrong with it<th scope="col">fault<th scope="col">judge<th scope="col">found</thead>
<tbody>${controls.map(controlRow).join('\n')}</tbody></table></div></section>
<footer><p>${escaped(`${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}`)}; ${escaped(
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  )}. Seed ${seed}, ${faults.length} faults in ${Math.round(tookSeconds / 60)} minutes. One cell again, with all that happens:
<code>npm run lab -- --fault FAULT --style STYLE --seed ${seed}</code></p></footer>
</main>
</html>
`;
}

function familySection(family: Family, { faults, cells }: LabResults, slowest: number): string {
  const here = faults.filter(
    (fault) => fault.family === family && cells.some((cell) => cell.fault === fault.name),
  );
  if (here.length === 0) return '';
  return `<section><h2>${headings[family]}</h2>
<div class="head" aria-hidden="true"><span>fault</span>${styles.map((style) => `<span>${style}</span>`).join('')}</div>
${here.map((fault) => faultRow(fault, cells, slowest)).join('\n')}
</section>`;
}

function faultRow(fault: FaultDescription, cells: readonly Cell[], slowest: number): string {
  const cellOf = (style: Style) => cells.find((cell) => cell.fault === fault.name && cell.style === style);
  const { name, breaks, injectedAt, heals } = fault;
  return `<details id="${escaped(name)}"><summary><span class="fault">${escaped(name)}</span>
${styles.map((style) => outcome(style, cellOf(style), slowest)).join('\n')}</summary>
<dl><dt>breaks<dd>${escaped(breaks)}<dt>injected at<dd>${escaped(injectedAt)}<dt>heals<dd>${escaped(heals)}</dl>
<div class="pair">${styles.map((style) => opened(style, fault, cellOf(style))).join('\n')}</div></details>`;
}

function outcome(style: Style, cell: Cell | undefined, slowest: number): string {
  if (!cell) return `<span class="cell none" aria-label="${style}">not applicable</span>`;
  const word = wordFor(cell);
  const { recoverySeconds, unavailableSeconds, duplicates, lost, stuck, inconsistent } = cell;
  const counts = [
    ...(word === 'broken' ? [`${lost} lost, ${stuck} stuck, ${inconsistent} inconsistent`] : []),
    ...(duplicates > 0 ? [`${duplicates} twice`] : []),
    `recovered in ${recoverySeconds} s`,
    ...(unavailableSeconds > 0 ? [`closed for ${unavailableSeconds} s`] : []),
  ];
  const percent = Math.round((100 * recoverySeconds) / slowest);
  return `<span class="cell" aria-label="${style}"><b class="${word}">${word}</b> ${counts.join(', ')}
<span class="bar"><i style="width:${percent}%"></i></span></span>`;
}

function opened(style: Style, { expected }: FaultDescription, cell: Cell | undefined): string {
  const words = expected[style];
  if (!cell) return `<div><h3>${style}</h3><p>It knows no such thing.</p></div>`;
  return `<div><h3>${style}</h3><p>${linked(words ?? '')}</p>
${list('What was found', cell.findings)}${list('What a human had to do', cell.actions, 'code')}
<h4>What happened</h4><ol class="happened">${cell.happened
    .map(({ atSeconds, what }) => `<li><time>${atSeconds.toFixed(1)} s</time> ${escaped(what)}`)
    .join('')}</ol>${timelines(cell)}</div>`;
}

function list(title: string, entries: readonly string[], tag = 'span'): string {
  if (entries.length === 0) return '';
  return `<h4>${title}</h4><ul>${entries.map((entry) => `<li><${tag}>${escaped(entry)}</${tag}>`).join('')}</ul>`;
}

function controlRow({ control, defect, fault, convicted, findings }: ControlCell): string {
  const word = convicted ? '<b class="held">convicted</b>' : '<b class="broken">acquitted</b>';
  return `<tr><th scope="row">${escaped(control)}<td>${escaped(defect)}<td><a href="#${escaped(fault)}">${escaped(fault)}</a><td>${word}<td>${escaped(findings[0]?.replace(/^\S+: /, '') ?? 'nothing')}</tr>`;
}

function sum(
  cells: readonly Cell[],
  key: 'signups' | 'lost' | 'stuck' | 'inconsistent' | 'duplicates',
): number {
  return cells.reduce((total, cell) => total + cell[key], 0);
}
