/**
 * `build/failure-report.html`: the matrix, each cell with what happened, and the control group, for a browser without a server. One
 * file, without a script.
 */
import { conclusions } from './conclusions.ts';
import type { ControlCell, LabResults } from './figures.ts';
import { allOf, anchorOf, matrix } from './report-matrix.ts';
import { reportStyle } from './report-style.ts';
import { escaped } from '../platform/mailbox/page.ts';
import { violations } from './report-words.ts';

/** The whole page. */
export function failureReport(results: LabResults): string {
  const { cells, controls } = results;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Duet: what each style does when things break</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>What each style does when things break</h1>
${conclusions(results)
  .map((sentence) => `<p class="lead">${escaped(sentence)}</p>`)
  .join('\n')}
<p>${cells.length} cells; ${controls.filter(({ convicted }) => convicted).length} of ${controls.length} controls convicted.</p>
${measuredOn(results)}
<h2>The matrix</h2>
<ul class="legend"><li><b class="word held">held</b> every promise was kept.</li>
<li><b class="word duplicate">duplicate</b> a message that was in hand when it broke arrived twice: the one window that cannot be closed.</li>
<li><b class="word forgotten">forgotten</b> signups were lost or stuck, by a style that does not promise to spare them that.</li>
<li><b class="word broken">broken</b> a promise was not kept.</li>
<li><b class="word none">not touched</b> the style does not use what broke.</li>
<li><b class="word none">not applicable</b> the style knows no such thing.</li></ul>
<p>Recovered in: from healing until the last signup had ended or waited for the click. Closed for: how long no signup was accepted
although some were asked for. The bars are of one scale. Each word, and each row, opens to what happened.</p>
${matrix(results)}
<h2>The control group</h2>
<p>The same lab with one defect put in. A judge that acquits one of these says nothing about the others.</p>
${controlTable(controls)}
</main>
</body>
</html>
`;
}

function measuredOn({ machine, versions, seed, tookSeconds, faults }: LabResults): string {
  const { cores, cpu, memoryGb, system } = machine;
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `<dl><dt>machine</dt><dd>${escaped(`${cores} × ${cpu}, ${memoryGb} GB, ${system}`)}</dd>
<dt>versions</dt><dd>${escaped(parts.join(', '))}</dd>
<dt>run</dt><dd>${faults.length} faults in ${Math.round(tookSeconds / 60)} minutes, seed ${seed}</dd>
<dt>one cell again</dt><dd><code>npm run lab -- --fault FAULT --style STYLE --seed ${seed}</code></dd></dl>`;
}

function controlTable(controls: readonly ControlCell[]): string {
  const columns = ['control', 'cell', 'expected', 'found', 'sentence'];
  return `<div class="scroll"><table class="controls">
<thead><tr>${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
<tbody>${controls.map(controlRow).join('\n')}</tbody></table></div>`;
}

function controlRow(cell: ControlCell): string {
  const { control, defect, fault, style, expected, convicted } = cell;
  const place = `<a href="#${anchorOf(fault, style)}">${escaped(fault)}</a>, ${escaped(style)}`;
  const found = `<details><summary>${violations(cell) ?? 'nothing'}</summary>${allOf(cell)}</details>`;
  const word = convicted ? 'convicted' : 'acquitted';
  return `<tr><th scope="row">${escaped(control)}<span class="muted">${escaped(defect)}</span></th>
<td>${place}</td><td>${escaped(expected.map(inWords).join(' or '))}</td><td>${found}</td>
<td class="${convicted ? 'held' : 'broken'}"><b class="word">${word}</b></td></tr>`;
}

const inWords = (kind: ControlCell['expected'][number]) => (kind === 'duplicates' ? 'twice' : kind);
