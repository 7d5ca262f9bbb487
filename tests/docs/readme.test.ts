/** What the documents claim about the code is the code. */
import { strict as assert } from 'node:assert';
import { access, readFile, readdir } from 'node:fs/promises';
import { quoting, withExcerpts } from '../../tools/generate/excerpts.ts';
import { tabled, withTables } from '../../tools/generate/tables.ts';
import { styles } from '../../domain/signup.ts';
import { faults } from '../../tools/lab/faults.ts';

const root = new URL('../../', import.meta.url);
const readme = await readFile(new URL('README.md', root), 'utf8');

describe('The README', () => {
  it('quotes the source as it is (`npm run generate` brings it up to date)', async () => {
    assert.equal(await withExcerpts(readme), readme);
  });

  for (const document of quoting.filter((path) => path !== 'README.md')) {
    it(`quotes the source as it is in ${document}, too`, async () => {
      const markdown = await readFile(new URL(document, root), 'utf8');
      assert.match(markdown, /<!-- excerpt: /);
      assert.equal(await withExcerpts(markdown), markdown);
    });
  }

  it('notices a quote that differs', async () => {
    const tampered = readme.replace('await Promise.all', 'await Promise.race');
    assert.notEqual(await withExcerpts(tampered), tampered);
  });

  it('shows what was seen and measured (`npm run generate` brings it up to date)', async () => {
    assert.equal(await withTables(readme), readme);
    const measured = await access(new URL('results/bench.json', root)).then(
      () => true,
      () => false,
    );
    assert.ok(measured, 'the figures come from results/bench.json');
    assert.match(readme, /<!-- generated: figures -->\n\| style/);
    assert.match(readme, /<!-- generated: without-a-part -->\n\| without/);
  });

  it('notices a figure that differs', async () => {
    const tampered = readme.replace('| postgres | 503', '| postgres | 202');
    assert.notEqual(tampered, readme);
    assert.equal(await withTables(tampered), readme);
  });

  for (const path of tabled) {
    it(`shows in ${path} what was measured, too`, async () => {
      const document = await readFile(new URL(path, root), 'utf8');
      // A table that nothing was written into would be up to date as well.
      const names = [...document.matchAll(/<!-- generated: (\S+) -->\n(.?)/g)];
      assert.ok(names.length > 0);
      for (const [, name, first] of names) assert.notEqual(first, '<', `${name} is empty`);
      assert.equal(await withTables(document), document);
    });
  }

  it('links only to what is there', async () => {
    const documents = ['README.md', ...(await markdownBelow('docs/'))];
    for (const document of documents) {
      const base = new URL(document, root);
      for (const [, target = ''] of (await readFile(base, 'utf8')).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        await access(new URL(target, base)).catch(() => assert.fail(`${document} links to ${target}`));
      }
    }
  });

  it('names only npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, script = ''] of readme.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)) {
      assert.ok(Object.hasOwn(scripts, script), `the README names \`npm run ${script}\``);
    }
  });
});

describe('The numbered costs', () => {
  it('are each written at one line, counted without a gap on both sides', async () => {
    for (const side of ['choreography', 'orchestration']) {
      const numbers = (await costs()).filter((cost) => cost.side === side).map(({ number }) => number);
      assert.ok(numbers.length > 0, side);
      assert.deepEqual(
        numbers.toSorted((one, other) => one - other),
        numbers.map((_, index) => index + 1),
        side,
      );
    }
  });

  it('are each linked from the table of costs', async () => {
    const table = readme.slice(readme.indexOf('## What each costs'));
    for (const { side, number, file } of await costs()) {
      const row = table.split('\n').find((line) => line.startsWith(`| ${number} | `)) ?? '';
      const [, , choreography = '', orchestration = ''] = row.split('|');
      const cell = side === 'choreography' ? choreography : orchestration;
      assert.ok(
        cell.includes(`](${file})`),
        `Cost ${number} (${side}) is in ${file}, the README says: ${cell}`,
      );
    }
  });

  it('are where the catalogue of faults says, on the side that it says', async () => {
    const known = await costs();
    for (const { name, expected } of faults) {
      for (const side of styles) {
        for (const [, number, file] of (expected[side] ?? '').matchAll(/\[Cost (\d+)\]\(([^)]+)\)/g)) {
          const isThere = known.some(
            (cost) => cost.side === side && cost.number === Number(number) && cost.file === file,
          );
          assert.ok(isThere, `${name} says that Cost ${number} (${side}) is in ${file}`);
        }
      }
    }
  });
});

async function costs(): Promise<{ side: string; number: number; file: string }[]> {
  const found: { side: string; number: number; file: string }[] = [];
  for (const folder of [
    'domain',
    'activities',
    'adapters',
    'choreography',
    'coordinators',
    'messaging',
    'tracking',
    'workflows',
  ]) {
    for (const file of await readdir(new URL(`${folder}/`, root), { recursive: true })) {
      if (!/\.(ts|sql)$/.test(file)) continue;
      const text = await readFile(new URL(`${folder}/${file}`, root), 'utf8');
      for (const [, number, side = ''] of text.matchAll(/(?:\/\/|--) Cost (\d+) \((\w+)\):/g)) {
        found.push({ side, number: Number(number), file: `${folder}/${file}` });
      }
    }
  }
  return found;
}

async function markdownBelow(folder: string): Promise<string[]> {
  const files = await readdir(new URL(folder, root), { recursive: true });
  return files.filter((file) => file.endsWith('.md')).map((file) => `${folder}${file}`);
}
