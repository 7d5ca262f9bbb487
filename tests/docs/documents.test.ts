/** What the documents claim about the code is the code. */
import { strict as assert } from 'node:assert';
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorOf } from '../../tools/generate/drills.ts';
import { quoting, withExcerpts } from '../../tools/generate/excerpts.ts';
import { tabled, withTables } from '../../tools/generate/tables.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { duet } from '../../domain/styles.ts';
import { codeFolders } from '../code-folders.ts';
import { faults } from '../../tools/lab/faults.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');
const readme = await read('README.md');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'tests/README.md',
  'tests/time/README.md',
  ...(await markdownBelow('docs/')),
];

describe('The README', () => {
  it('has at most 200 lines', () => {
    assert.ok(readme.trimEnd().split('\n').length <= 200);
  });

  it('notices a quote that differs', async () => {
    const tampered = readme.replace('await Promise.all', 'await Promise.race');
    assert.notEqual(tampered, readme);
    assert.equal(await withExcerpts(tampered), readme);
  });

  it('names every folder, each that it imports, and none that it does not import', async () => {
    const map = importsOfMap();
    const everything = [...map.keys()];
    for (const [folder, arrow] of map) {
      const named = everything.filter((other) => arrow.match(/[a-z/]+/g)?.includes(other));
      const allowed = arrow.includes('→ all of the above')
        ? everything.slice(0, everything.indexOf(folder))
        : named;
      const used = new Set<string>();
      for (const { file, imported } of await importsOf(folder)) {
        const target = everything.find((other) => imported.startsWith(`${other}/`));
        assert.ok(
          target !== undefined && (target === folder || allowed.includes(target)),
          `${file} imports ${imported}, the README says of ${folder}: ${arrow}`,
        );
        used.add(target);
      }
      for (const target of named) {
        assert.ok(used.has(target), `no file of ${folder}/ imports ${target}/, as the README says`);
      }
    }
    for (const entry of await readdir(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || /^(\.|node_modules$|build$|docs$|results$)/.test(entry.name)) continue;
      assert.ok(
        everything.some((folder) => folder.split('/')[0] === entry.name),
        `the README does not name ${entry.name}/`,
      );
    }
  });
});

describe('The documents', () => {
  for (const path of quoting) {
    it(`quote the source as it is in ${path} (\`npm run generate\` brings it up to date)`, async () => {
      const document = await read(path);
      assert.match(document, /<!-- excerpt: /);
      assert.equal(await withExcerpts(document), document);
    });
  }

  for (const path of tabled) {
    it(`show in ${path} what was seen and measured (\`npm run generate\` brings it up to date)`, async () => {
      const document = await read(path);
      // A table that nothing was written into would be up to date as well.
      const names = [...document.matchAll(/<!-- generated: (\S+) -->\n(.?)/g)];
      assert.ok(names.length > 0);
      for (const [, name, first] of names) assert.notEqual(first, '<', `${name} is empty`);
      assert.equal(await withTables(document), document);
    });
  }

  it('show the figures of every style', async () => {
    assert.match(await read('docs/numbers.md'), /<!-- generated: figures -->\n\| style/);
  });

  it('notice a figure that differs', async () => {
    const document = await read('docs/numbers.md');
    const tampered = document.replace('| choreography | 1 |', '| choreography | 2 |');
    assert.notEqual(tampered, document);
    assert.equal(await withTables(tampered), document);
  });

  it('generate each table and each excerpt that they have a place for', async () => {
    for (const path of documents) {
      const text = await read(path);
      if (/^<!-- excerpt: /m.test(text)) assert.ok((quoting as readonly string[]).includes(path), path);
      if (/^<!-- generated: /m.test(text)) assert.ok((tabled as readonly string[]).includes(path), path);
    }
  });

  it('link only to what is there', async () => {
    for (const path of documents) {
      const base = new URL(path, root);
      for (const [, target = ''] of (await read(path)).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        await access(new URL(target, base)).catch(() => assert.fail(`${path} links to ${target}`));
      }
    }
  });

  it('link only to headings that are there', async () => {
    for (const path of documents) {
      for (const [, target = '', anchor = ''] of (await read(path)).matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const linked = target === '' ? path : join(path, '..', target);
        const headings = [...(await read(linked)).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
        assert.ok(headings.map(anchorOf).includes(anchor), `${path} links to ${target}#${anchor}`);
      }
    }
  });

  it('name only files and folders that are there', async () => {
    const path =
      /`((?:activities|adapters|choreography|coordinators|docs|domain|http|messaging|results|tests|tools|tracking|workers|workflows)\/[\w./-]*)`/g;
    // The changelog speaks of releases.
    for (const document of documents.filter((name) => name !== 'CHANGELOG.md')) {
      for (const [, named = ''] of (await read(document)).matchAll(path)) {
        await access(new URL(named, root)).catch(() => assert.fail(`${document} names ${named}`));
      }
    }
  });

  it('name only npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    for (const document of documents) {
      for (const [, script = ''] of (await read(document)).matchAll(/npm run (?:--silent )?([a-z:-]+)/g)) {
        assert.ok(Object.hasOwn(scripts, script), `${document} names \`npm run ${script}\``);
      }
    }
  });
});

describe('The numbered costs', () => {
  it('are each written at one line, counted without a gap in every style', async () => {
    for (const style of styles) {
      const numbers = (await costs()).filter(({ side }) => isPaidBy(style, side)).map(({ number }) => number);
      assert.ok(numbers.length > 0, style);
      assert.deepEqual(
        numbers.toSorted((one, other) => one - other),
        numbers.map((_, index) => index + 1),
        style,
      );
    }
  });

  it('are each linked from the lists of costs', async () => {
    const lists = (await read('docs/costs.md')).split(/^## /m);
    for (const { side, number, file } of await costs()) {
      const list = lists.find((each) => each.startsWith(`${side}\n`)) ?? '';
      const line = list.split('\n').find((each) => each.startsWith(`${number}. `)) ?? '';
      assert.ok(
        line.includes(`](../${file})`),
        `Cost ${number} (${side}) is in ${file}, docs/costs.md says: ${line}`,
      );
    }
  });

  it('are where the catalogue of faults says, on the side that it says', async () => {
    const known = await costs();
    for (const { name, expected } of faults) {
      for (const side of duet) {
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

/** Some prices are paid by several styles: by all `streams`, by all that is `synchronous`. */
function isPaidBy(style: Style, side: string): boolean {
  return (
    side === style ||
    (['streams', 'synchronous'].includes(side) && style.startsWith(`${side.replace(/s$/, '')}-`))
  );
}

async function costs(): Promise<{ side: string; number: number; file: string }[]> {
  const found: { side: string; number: number; file: string }[] = [];
  for (const folder of codeFolders) {
    for (const file of await readdir(new URL(`${folder}/`, root), { recursive: true })) {
      if (!/\.(ts|sql)$/.test(file)) continue;
      const text = await readFile(new URL(`${folder}/${file}`, root), 'utf8');
      for (const [, number, side = ''] of text.matchAll(/(?:\/\/|--) Cost (\d+) \(([\w-]+)\):/g)) {
        found.push({ side, number: Number(number), file: `${folder}/${file}` });
      }
    }
  }
  return found;
}

/** The rows of the README's map: a folder, and the arrow to what it imports. */
function importsOfMap(): Map<string, string> {
  const rows = readme.split('\n').filter((line) => /^\| \[\w+\S*\/\]/.test(line));
  return new Map(
    rows.flatMap((row) => {
      const [, folders = '', , arrow = ''] = row.split('|');
      return [...folders.matchAll(/\[([^\]]+)\/\]/g)].map(([, folder = '']) => [folder, arrow] as const);
    }),
  );
}

/** What the files of a folder import from this repository, as paths from its root. */
async function importsOf(folder: string): Promise<{ file: string; imported: string }[]> {
  const found: { file: string; imported: string }[] = [];
  for (const name of await readdir(new URL(`${folder}/`, root), { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const file = `${folder}/${name}`;
    for (const [, path = ''] of (await read(file)).matchAll(/ from '(\.[^']+)'/g)) {
      found.push({ file, imported: join(file, '..', path) });
    }
  }
  return found;
}

async function markdownBelow(folder: string): Promise<string[]> {
  const files = await readdir(new URL(folder, root), { recursive: true });
  return files.filter((file) => file.endsWith('.md')).map((file) => `${folder}${file}`);
}
