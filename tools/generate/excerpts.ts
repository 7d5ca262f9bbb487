/**
 * Documents that quote compiled code. A fenced block after `<!-- excerpt: FILE#REGION -->` holds the lines between
 * `// #region REGION` and `// #endregion` of that file.
 */
import { readFile } from 'node:fs/promises';
import { regionOf } from '../../http/sources.ts';

const root = new URL('../../', import.meta.url);
// An excerpt may still be empty.
const quoted = /(<!-- excerpt: (\S+)#(\S+) -->\n```ts\n)(?:[\s\S]*?\n)??(```)/g;

/** The documents that quote the source. */
export const quoting = ['README.md', 'docs/changing-the-process.md', 'docs/plainest-chain.md'] as const;

/** The markdown with every excerpt as the source has it now. Throws where a file or region is gone. */
export async function withExcerpts(markdown: string): Promise<string> {
  const excerpts = new Map<string, string>();
  for (const [, , file = '', region = ''] of markdown.matchAll(quoted)) {
    excerpts.set(
      `${file}#${region}`,
      regionOf(await readFile(new URL(file, root), 'utf8'), file, region).lines,
    );
  }
  return markdown.replace(quoted, (_, open: string, file: string, region: string, close: string) => {
    return `${open}${excerpts.get(`${file}#${region}`)}\n${close}`;
  });
}
