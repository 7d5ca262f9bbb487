/** The product names no style: what differs between them is in `domain/styles.ts`. The linter has no rule for that. */
import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { styles } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { codeFolders } from '../code-folders.ts';

const root = new URL('../../', import.meta.url);
// The two tellings are named after the styles that they tell.
const product = codeFolders.filter((folder) => folder !== 'choreography' && folder !== 'workflows');
const mayName = /^(domain\/(styles|signup)\.ts|tools\/lab\/.*)$/;

/** The lines that name a style, as `file:line`: as a text, a key or a property. Comments are free to. */
function naming(file: string, text: string): string[] {
  const word = styles.join('|');
  const named = new RegExp(`(['"\`])(${word})\\1|(?:^|[{,(])\\s*(${word}):|\\w\\??\\.(${word})\\b`);
  return text
    .split('\n')
    .flatMap((line, index) => (named.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}

describe('The styles', () => {
  it('are named by no code of the product but their own', async () => {
    const found: string[] = [];
    for (const folder of product) {
      for (const path of await readdir(new URL(`${folder}/`, root), { recursive: true })) {
        const file = `${folder}/${path}`;
        if (!/\.(ts|mjs|js|sql)$/.test(file) || mayName.test(file)) continue;
        found.push(...naming(file, await readFile(new URL(file, root), 'utf8')));
      }
    }
    assert.deepEqual(found, [], 'loop over `styles`, or ask their `traits`');
  });

  it('are looked for in every folder of code', async () => {
    const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const known = new Set<string>([...codeFolders, 'build', 'docs', 'node_modules', 'results', 'tests']);
    assert.deepEqual(
      folders.map(({ name }) => name).filter((name) => !name.startsWith('.') && !known.has(name)),
      [],
    );
  });

  for (const style of styles) {
    for (const [line, isFound] of [
      [`if (style === '${style}') return;`, true],
      [`const colours = { ${style}: 'red' };`, true],
      [`const { start } = coordinators.${style};`, true],
      [`// Cost 9 (${style}): what it takes.`, false],
      [`import { click } from '../${style}/accounts.ts';`, false],
    ] as const) {
      it(`are ${isFound ? '' : 'not '}found in ${line}`, () =>
        assert.equal(naming('any.ts', line).length, isFound ? 1 : 0));
    }
  }

  for (const trait of ['title', 'kind', 'idDigit', 'colour'] as const) {
    it(`have a ${trait} each of its own`, () =>
      assert.equal(new Set(styles.map((style) => traits[style][trait])).size, styles.length));
  }
});
