/** The table of what must be up for what, in `docs/what-must-be-up.md`: written from what a test saw, and compared with it. */
import { readFile } from 'node:fs/promises';
import { cells } from '../../tools/generate/cells.ts';

/** What a request was answered while a part was away: by each style, in their order. */
export type Row = { part: string; request: string; answers: readonly string[] };

const document = new URL('../../docs/what-must-be-up.md', import.meta.url);
const marked =
  /<!-- generated: what-must-be-up -->\n([\s\S]*?)\n<!-- end of what is generated: what-must-be-up -->/;

/** The lines of these rows in the table. */
export function linesOf(rows: readonly Row[]): string[] {
  return rows.map(({ part, request, answers }) => cells([part, `\`${request}\``, ...answers]));
}

/** The lines of a part in the table as it is committed. */
export async function committedLines(part: string): Promise<string[]> {
  const [, table = ''] = marked.exec(await readFile(document, 'utf8')) ?? [];
  return table.split('\n').filter((line) => line.startsWith(`| ${part} |`));
}
