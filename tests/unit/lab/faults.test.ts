/** The catalogue of what the lab breaks: whom a fault concerns, and for whom it is played. */
import { strict as assert } from 'node:assert';
import { styles } from '../../../domain/signup.ts';
import { duet, promises } from '../../../domain/styles.ts';
import { isOfDuet, stylesOf, usualStylesOf } from '../../../tools/lab/fault.ts';
import { faults } from '../../../tools/lab/faults.ts';
import { foretoldOf } from '../../../tools/lab/figures.ts';
import { crashPoints } from '../../../tools/lab/points.ts';

describe('The catalogue of faults', () => {
  it('names each fault once', () => {
    const names = faults.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  it('plays all that means something to the duet for it, and for the others where they may differ', () => {
    for (const fault of faults) {
      const usual = usualStylesOf(fault);
      const meant = stylesOf(fault);
      assert.deepEqual(usual.filter(isOfDuet), meant.filter(isOfDuet), fault.name);
      if (!fault.differs) assert.ok(usual.every(isOfDuet), fault.name);
      else assert.deepEqual(usual, meant, fault.name);
    }
    for (const style of duet) assert.ok(faults.some((fault) => usualStylesOf(fault).includes(style)));
  });

  it('has no style die at a line that it does not have', () => {
    for (const fault of faults) {
      const { means } = fault;
      if (!('crashAt' in means)) continue;
      for (const style of stylesOf(fault))
        assert.ok(crashPoints[means.crashAt][style], `${fault.name}, ${style}`);
    }
  });

  it('foretells nothing of a style that promises everything', () => {
    for (const style of styles) {
      assert.equal(foretoldOf(style).includes('lost'), !promises(style, 'attempts-for-days'), style);
      assert.equal(
        foretoldOf(style, { callersLeave: true }).includes('stuck'),
        !promises(style, 'outcome-after-the-caller-left'),
        style,
      );
      assert.ok(!foretoldOf(style).includes('stuck'), `${style}: a caller who comes back is served`);
    }
    for (const style of duet) assert.deepEqual(foretoldOf(style, { callersLeave: true }), []);
  });
});
