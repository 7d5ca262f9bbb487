/** The history of the signup that fared worst, as the report shows it. */
import type { Cell } from './figures.ts';
import { escaped } from './report-text.ts';

/** Its steps, each with how long after the first one. */
export function timelines({ worst }: Cell): string {
  if (!worst || worst.timeline.length === 0) return '';
  const [first] = worst.timeline;
  const rows = worst.timeline.map(({ at, kind, step, attempts, detail }) => {
    const more = [
      ...(attempts > 1 ? [`${attempts} attempts`] : []),
      ...(detail === null ? [] : [detail]),
    ].join('; ');
    return `<tr><td><time>${sinceText(Date.parse(at) - Date.parse(first!.at))}</time><td>${escaped(step)}<td>${kind}<td>${escaped(more)}</tr>`;
  });
  return `<h4>The signup that took longest</h4><div class="scroll"><table><thead><tr><th scope="col">after<th scope="col">step<th scope="col">is<th scope="col"></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** A span of time in the unit that suits it. */
export function sinceText(ms: number): string {
  const seconds = ms / 1000;
  if (Math.abs(seconds) < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 86_400 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}
