/** What docs/add-a-step.md says of its patches is what they are: which files, how many, and the lines that it shows. */
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../tools/platform/folders.ts';
import { changes, diffOf, filesChangedBy, linesChangedBy, patchedTree, type Change } from '../patched.ts';

const recipes = [
  { change: 'push', heading: 'A push beside the SMS', atMost: 14 },
  { change: 'fourth-reminder', heading: 'A fourth reminder', atMost: 3 },
] as const;

describe('The page on adding a step', () => {
  const document = readFileSync(join(repository, 'docs', 'add-a-step.md'), 'utf8');

  for (const { change, heading, atMost } of recipes) {
    const [, count, section = ''] =
      new RegExp(`^## ${heading}: (\\d+) files\n(.*?)(?=^## )`, 'ms').exec(document) ?? [];

    it(`names the files of its patch, and how many they are: ${change}`, () => {
      const files = [...section.matchAll(/^\| \[([^\]]+)\]/gm)].map(([, file]) => file);
      assert.deepEqual(files.toSorted(), filesChangedBy(change).toSorted());
      assert.equal(Number(count), files.length);
      assert.ok(files.length <= atMost);
    });

    it(`shows lines of its patch: ${change}`, () => {
      const shown = [...section.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, lines]) => lines!);
      assert.notEqual(shown.length, 0);
      for (const lines of shown) assert.ok(diffOf(change).includes(lines), lines);
    });
  }

  it('counts the lines that each style takes as the patches have them', () => {
    const columns: readonly Change[] = ['push', 'fourth-reminder'];
    const rows = [...document.matchAll(/^\|[^|]+\| (\[[^|]+) \| (\+\d+ −\d+) \| (\+\d+ −\d+) \|$/gm)];
    assert.equal(rows.length, 4);
    for (const [row, where = '', ...said] of rows) {
      const files = [...where.matchAll(/\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file);
      const counted = columns.map((change) => {
        const { added, removed } = linesChangedBy(change, files);
        return `+${added} −${removed}`;
      });
      assert.deepEqual(said, counted, row);
    }
  });
});

describe('A change that is kept as a patch', () => {
  it('is kept as a file of its name', () => {
    const files = readdirSync(join(repository, 'tests', 'changes')).filter((file) => file.endsWith('.patch'));
    assert.deepEqual(files.toSorted(), changes.map((change) => `${change}.patch`).toSorted());
  });

  // Whether the code with it compiles and runs is seen by `tests/deep`.
  for (const change of changes) it(`fits the present code: ${change}`, () => void patchedTree(change));
});
