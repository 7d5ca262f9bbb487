/** What docs/add-a-step.md says of its patches is what they are: which files, how many, and the lines that it shows. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../tools/platform/folders.ts';
import { diffOf, filesChangedBy } from '../patched.ts';

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
});
