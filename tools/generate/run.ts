/** `npm run generate`: writes what is generated, from its sources: the excerpts and tables of the documents, the failure report, and `.env.example`. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { environmentExample } from '../../adapters/config.ts';
import { quoting, withExcerpts } from './excerpts.ts';
import type { LabResults } from '../lab/figures.ts';
import { failureReport } from '../lab/report.ts';
import { commandLine } from '../platform/command-line.ts';
import { tabled, withTables } from './tables.ts';

commandLine('npm run generate --')
  .description(
    'Writes what is generated: the excerpts and tables of the documents, the failure report, and `.env.example`.',
  )
  .parse();

const root = new URL('../../', import.meta.url);

for (const document of [...quoting, ...tabled].map((path) => new URL(path, root))) {
  await writeFile(document, await withTables(await withExcerpts(await readFile(document, 'utf8'))));
}
await writeFile(new URL('.env.example', root), environmentExample());
const found = new URL('results/lab.json', root);
if (existsSync(found)) {
  const results = JSON.parse(await readFile(found, 'utf8')) as LabResults;
  await writeFile(new URL('docs/failure-report.html', root), failureReport(results));
}
