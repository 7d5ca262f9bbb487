/** `npm run generate`: writes what is generated, from its sources: the excerpts and tables of the README, and `.env.example`. */
import { readFile, writeFile } from 'node:fs/promises';
import { environmentExample } from '../config.ts';
import { withExcerpts } from './excerpts.ts';
import { withTables } from './tables.ts';

const root = new URL('../', import.meta.url);

const readme = new URL('README.md', root);
await writeFile(readme, await withTables(await withExcerpts(await readFile(readme, 'utf8'))));
await writeFile(new URL('.env.example', root), environmentExample());
