import { strict as assert } from 'node:assert';
import { controls } from '../../tools/lab/controls.ts';
import { usualStylesOf } from '../../tools/lab/fault.ts';
import { faults } from '../../tools/lab/faults.ts';
import { wordFor, type Cell, type ControlCell } from '../../tools/lab/figures.ts';
import { cellLine, controlLine } from '../../tools/lab/lines.ts';
import { playMatrix } from '../../tools/lab/matrix.ts';

const crashes = faults.filter(({ family }) => family === 'crash');

describe('the small matrix of the failure lab', () => {
  let cells: Cell[];
  let sentenced: ControlCell[];

  before(async function () {
    this.timeout(1_200_000);
    const said: string[] = [];
    const played = await playMatrix({
      faults: crashes,
      controls,
      seed: 1,
      signups: 5,
      signal: new AbortController().signal,
      say: () => {},
      log: (line: string) => void said.push(line),
      found: (cell) => console.log(`      ${'control' in cell ? controlLine(cell) : cellLine(cell)}`),
    }).catch((error: unknown) => {
      console.log(said.slice(-40).join('\n'));
      throw error;
    });
    cells = played.cells;
    sentenced = played.controls;
  });

  for (const fault of crashes) {
    for (const style of usualStylesOf(fault)) {
      it(`${fault.name}: ${style} keeps every promise`, () => {
        const cell = cells.find((each) => each.fault === fault.name && each.style === style)!;
        assert.notEqual(wordFor(cell), 'broken', cellLine(cell) + cell.findings.join('\n'));
        assert.equal(cell.signups, 5);
      });
    }
  }

  for (const { name, fault, convictedBy } of controls) {
    it(`${name} is convicted of ${convictedBy.join(' or ')} in ${fault}`, () => {
      const cell = sentenced.find(({ control }) => control === name)!;
      assert.equal(cell.convicted, true, cellLine(cell));
    });
  }
});
