/** The tables of what must be up for what, in `docs/what-must-be-up.md`: written from what a test saw, and compared with it. */
import { readFile } from 'node:fs/promises';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { cells } from '../../tools/generate/cells.ts';

/** The requests, each a table: first what customers ask, then what operators ask. */
export const requests = [
  'POST /signups',
  'GET /signups/<id>',
  'POST /verify/<token>',
  'POST /signups/<id>/resume',
  'GET /signups?style=',
  'GET /accounts/<id>/balance',
  'GET /events',
  'GET /mailbox?to=',
  'GET /health/ready?style=',
] as const;
export type Request = (typeof requests)[number];

/** What each request was answered while a part was away: by each style, in their order. */
export type Answers = Record<Request, string[]>;

/** The line of a part in each table. */
export function linesOf(part: string, answers: Answers): string[] {
  return requests.map((request) => cells([part, ...answers[request]]));
}

/** What the page says that one style is answered to each request while a part is away. */
export async function committedAnswers(
  part: string,
  style: Style,
): Promise<Partial<Record<Request, string>>> {
  const lines = await committedLines(part);
  const column = styles.indexOf(style) + 2;
  return Object.fromEntries(requests.map((request, at) => [request, lines[at]?.split('|')[column]?.trim()]));
}

/** The line of heads of each table. */
export function heads(): string[] {
  return requests.map(() => cells(['without', ...styles.map((style) => traits[style].title)]));
}

/** The lines of the page that begin with this cell, a line per table. */
export async function committedLines(first: string): Promise<string[]> {
  const page = await readFile(new URL('../../docs/what-must-be-up.md', import.meta.url), 'utf8');
  return page.split('\n').filter((line) => line.startsWith(`| ${first} |`));
}
