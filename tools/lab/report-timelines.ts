/** What happened in a cell, as the report shows it: what the lab did and saw, and the history of the signup that fared worst. */
import type { HistoryEntry } from '../../domain/history.ts';
import type { Cell } from './figures.ts';
import { escaped } from '../platform/mailbox/page.ts';
import { sinceText } from './report-words.ts';

/** What the lab did and saw, with the seconds since the cell began. */
export function happenings({ happened }: Cell): string {
  const entries = happened.map(
    ({ atSeconds, what }) => `<li><span class="at">${atSeconds.toFixed(1)} s</span> ${escaped(what)}</li>`,
  );
  const shown = entries.length === 0 ? '<p class="muted">Nothing.</p>' : `<ol>${entries.join('')}</ol>`;
  return `<section><h4>What happened</h4>${shown}</section>`;
}

/** The steps of the signup that took longest or went worst, each with how long after the first one, in the signup's own time. */
export function timeline({ worst }: Cell): string {
  const heading = '<h4>The signup that took longest, or went worst</h4>';
  if (!worst) return `<section>${heading}<p class="muted">None.</p></section>`;
  const [first] = worst.timeline;
  const rows = worst.timeline.map((entry) => row(entry, Date.parse(first!.at)));
  const table =
    rows.length === 0
      ? '<p class="muted">Nobody knows anything of it.</p>'
      : `<div class="scroll"><table class="timeline"><thead><tr><th scope="col">after</th><th scope="col">step</th><th scope="col">came to</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
  return `<section>${heading}<p class="muted"><code>${escaped(worst.signupId)}</code></p>${table}</section>`;
}

function row({ at, kind, step, attempts, detail }: HistoryEntry, beganAt: number): string {
  const told = [
    kind,
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(detail === null ? [] : [detail]),
  ];
  return `<tr><td class="at">${sinceText(Date.parse(at) - beganAt)}</td><th scope="row">${escaped(step)}</th><td>${escaped(told.join('; '))}</td></tr>`;
}
