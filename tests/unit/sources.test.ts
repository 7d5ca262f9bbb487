/** The code behind each step: there is some for every step of every style, and it is the code that does the step. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { processOrder } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { regionOf, sourceOf } from '../../http/sources.ts';

describe('The code behind a step', () => {
  for (const style of styles) {
    it(`is there for every step of ${traits[style].title}, as the file has it`, async () => {
      for (const step of processOrder) {
        const source = await sourceOf(style, step);
        assert.ok(source, step);
        const { file, firstLine, lines } = source;
        const shown = lines.split('\n');
        const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n');
        const there = text.slice(firstLine - 1, firstLine - 1 + shown.length);
        assert.deepEqual(
          there.map((line) => line.trim()),
          shown.map((line) => line.trim()),
          step,
        );
        assert.ok(
          shown.some((line) => /^\S/.test(line)),
          `${step} is not indented`,
        );
        const [does = ''] = step.split(' ');
        if (step !== 'click')
          assert.match(lines, new RegExp(`\\b${does}\\b|undo\\.run`), `${style}: ${step}`);
      }
    });
  }

  it('is not there for what is no step', async () => {
    for (const step of ['', 'sendFax welcome', 'toString', '__proto__', '../package.json'])
      assert.equal(await sourceOf(styles[0], step), undefined, step);
  });

  it('is said to be missing where its region is', () => {
    assert.throws(() => regionOf('// #region a\n// #endregion', 'any.ts', 'b'), /no region `b` in any.ts/);
  });
});
