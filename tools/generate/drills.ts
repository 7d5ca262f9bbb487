/**
 * What `docs/drills.md` says is to be done: in a section per incident, a part per style, the commands of its first `sh` block, and
 * after `Printed, among others:` what they show. The test runs the former and looks for the latter.
 */
import { readFile } from 'node:fs/promises';
import type { Style } from '../../domain/signup.ts';
import { duet, traits } from '../../domain/styles.ts';
import { measuredOn, number, table, type MeasuredOn } from './cells.ts';

/** What one style's part of an incident says. */
export type Drill = { incident: string; style: Style; commands: string; printed: string[] };

const styleOf = Object.fromEntries(duet.map((style) => [traits[style].title, style]));

/** The drills, in the order of the document. */
export async function drillsOfDocument(): Promise<Drill[]> {
  return drillsIn(await readFile(new URL('../../docs/drills.md', import.meta.url), 'utf8'));
}

function drillsIn(markdown: string): Drill[] {
  return sectionsOf(markdown, '##').flatMap(([incident, section]) =>
    sectionsOf(section, '###')
      .filter(([title]) => title in styleOf)
      .map(([title, part]) => {
        const [, commands = ''] = /^```sh\n([\s\S]*?)^```/m.exec(part) ?? [];
        const [, promised = ''] = /^Printed, among others: ([\s\S]*?)\n\n/m.exec(`${part}\n\n`) ?? [];
        const printed = [...promised.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
        return { incident, style: styleOf[title]!, commands, printed };
      }),
  );
}

function sectionsOf(markdown: string, level: string): [title: string, text: string][] {
  return markdown
    .split(new RegExp(`^${level} `, 'm'))
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      return [title, lines.join('\n')];
    });
}

/** How many commands a drill takes: lines that somebody types, a pipeline being one. */
export function countOf({ commands }: Drill): number {
  return commands.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')).length;
}

/** What `npm run drills` writes: how long each took until all was well. */
export type DrillResults = MeasuredOn & {
  drills: { incident: string; style: Style; seconds: number }[];
};

/** For each incident how many commands its page has, and how long they took, by style. */
export function drillsTable(document: readonly Drill[], { drills: measured, ...on }: DrillResults): string {
  const incidents = [...new Set(document.map(({ incident }) => incident))];
  const rows = incidents.map((incident) => {
    const ofStyles = duet.flatMap((style) => {
      const drill = document.find((each) => each.incident === incident && each.style === style);
      const took = measured.find((each) => each.incident === incident && each.style === style);
      return [drill ? String(countOf(drill)) : '–', took ? number(Math.max(1, took.seconds), 0) : '–'];
    });
    return [`[${incident}](#${anchorOf(incident)})`, ...ofStyles];
  });
  const heads = ['incident', ...duet.flatMap((style) => [`commands: ${style}`, 'seconds'])];
  return [table(heads, rows), '', measuredOn(on)].join('\n');
}

/** What a link to a heading says of it. */
export const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
