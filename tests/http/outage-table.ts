/** The tables of what must be up for what, in `docs/what-must-be-up.md`: written from what a test saw, and compared with it. */
import { readFile } from 'node:fs/promises';
import { styles } from '../../domain/signup.ts';
import { cells } from '../../tools/generate/cells.ts';

/** The requests by the word that heads their columns: a table of what customers ask, and one of what operators ask. */
const tables = [
  { 'sign up': 'POST /signups', look: 'GET /signups/<id>', click: 'POST /verify/<token>' },
  {
    resume: 'POST /signups/<id>/resume',
    list: 'GET /signups?style=',
    balance: 'GET /accounts/<id>/balance',
    feed: 'GET /events',
    mailbox: 'GET /mailbox?to=',
    readiness: 'GET /health/ready?style=',
  },
] as const;

type ValueOf<T> = T extends unknown ? T[keyof T] : never;

/** A request of the tables. */
export type Request = ValueOf<(typeof tables)[number]>;

/** What each request was answered while a part was away: by each style, in their order. */
export type Answers = Record<Request, string[]>;

/** The line of a part in each table. */
export function linesOf(part: string, answers: Answers): string[] {
  return tables.map((table) => cells([part, ...Object.values(table).flatMap((request) => answers[request])]));
}

/** The line of heads of each table. */
export function heads(): string[] {
  return tables.map((table) =>
    cells(['without', ...Object.keys(table).flatMap((word) => styles.map((style) => `${word}: ${style}`))]),
  );
}

/** The lines of the page that begin with this cell, a line per table. */
export async function committedLines(first: string): Promise<string[]> {
  const page = await readFile(new URL('../../docs/what-must-be-up.md', import.meta.url), 'utf8');
  return page.split('\n').filter((line) => line.startsWith(`| ${first} |`));
}
