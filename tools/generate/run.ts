/** `npm run generate`: writes what is generated, from its sources: the excerpts and tables of the documents, and `.env.example`. */
import { readFile, writeFile } from 'node:fs/promises';
import { environmentExample } from './environment-example.ts';
import { quoting, withExcerpts } from './excerpts.ts';
import { commandLine } from '../platform/command-line.ts';
import { tabled, withTables } from './tables.ts';

commandLine('npm run generate --')
  .description('Writes what is generated: the excerpts and tables of the documents, and `.env.example`.')
  .parse();

const root = new URL('../../', import.meta.url);

for (const document of [...quoting, ...tabled].map((path) => new URL(path, root))) {
  await writeFile(document, await withTables(await withExcerpts(await readFile(document, 'utf8'))));
}
await writeFile(new URL('.env.example', root), environmentExample());
