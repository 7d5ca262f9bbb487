/** docs/failures.md and the failure report say what results/lab.json says. */
import { strict as assert } from 'node:assert';
import { access, readFile } from 'node:fs/promises';
import { failureTables } from '../../tools/generate/failure-tables.ts';
import { withTables } from '../../tools/generate/tables.ts';
import { usualStylesOf } from '../../tools/lab/fault.ts';
import { faults } from '../../tools/lab/faults.ts';
import { conclusions } from '../../tools/lab/conclusions.ts';
import { complaintsAbout, type Cell, type LabResults } from '../../tools/lab/figures.ts';
import { failureReport } from '../../tools/lab/report.ts';
import { anchorOf } from '../../tools/lab/report-cell.ts';
import { cell, resultsOf } from '../unit/lab/results.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

describe('The documents about failures', () => {
  let document: string;
  let page: string;
  let found: LabResults;

  before(async () => {
    document = await read('docs/failures.md');
    found = JSON.parse(await read('results/lab.json')) as LabResults;
    page = failureReport(found);
  });

  it('show what results/lab.json has (`npm run generate` brings them up to date)', async () => {
    assert.match(document, /<!-- generated: failures -->\n### A process dies at/);
    assert.match(document, /<!-- generated: controls -->\n\| control/);
    assert.equal(await withTables(document), document);
    assert.match(document, /<!-- generated: failures-short -->\n\| what breaks/);
    assert.deepEqual(complaintsAbout(found), []);
  });

  it('begin with a conclusion', () => {
    assert.match(document, /^# .*\n\n<!-- generated: failures-concluded -->\n\* Of \d+ accepted signups/);
  });

  it('are known not to, where a verdict differs, in either table', async () => {
    for (const verdict of ['| held |', '| held, ']) {
      const tampered = document.replace(verdict, verdict.replace('held', 'broken'));
      assert.notEqual(tampered, document);
      assert.equal(await withTables(tampered), document);
    }
  });

  it('tell of every fault, in every style', async () => {
    const { cells, faults: told } = found;
    assert.deepEqual(
      told.map(({ name }) => name),
      faults.map(({ name }) => name),
    );
    for (const fault of faults) {
      const played = cells.filter((each) => each.fault === fault.name).map(({ style }) => style);
      assert.deepEqual(played.toSorted(), [...usualStylesOf(fault)].toSorted(), fault.name);
    }
  });

  it('link only to what is there', async () => {
    const base = new URL('build/failure-report.html', root);
    const targets = [...page.matchAll(/href="(\.[^"#]+)/g)].map(([, target = '']) => target);
    assert.ok(targets.length > 0);
    for (const target of targets) {
      await access(new URL(target, base)).catch(() => assert.fail(`the failure report links to ${target}`));
    }
  });

  it('give each cell that was played a place in the failure report', () => {
    for (const { fault, style } of found.cells) {
      assert.ok(page.includes(`id="${anchorOf(fault, style)}"`), `${fault}, ${style}`);
    }
  });
});

describe('The tables of failures', () => {
  it('give each style of a fault a row, with links that work from docs/', () => {
    const { failures = '' } = failureTables(resultsOf([cell]));
    assert.match(
      failures,
      /\| \*\*storm\*\*: it storms \| 12\.5 \| choreography \| held \| 4\.2 \| 0 \| It waits/,
    );
    assert.match(failures, /\[Cost 6\]\(\.\.\/messaging\/inbox\.ts\), as \[they say\]\(https:/);
    assert.match(
      failures,
      /\| `npm run signup -- resume <id>` \|\n\| {2}\| {2}\| orchestration \| not applicable \|/,
    );
  });

  it('tell in short the verdict and the seconds, and no seconds where nothing recovered', () => {
    const inShort = (...given: Parameters<typeof resultsOf>) =>
      (failureTables(resultsOf(...given))['failures-short'] ?? '').split('\n').at(2);
    assert.equal(inShort([cell]), '| it storms | held, recovered in 4.2 s | not applicable |');
    const closed = { ...cell, unavailableSeconds: 9 };
    assert.match(inShort([closed]) ?? '', /\| held, closed for 9 s, recovered in 4\.2 s \|/);
    const twice = { ...cell, duplicates: 2, duplicatesAllowed: 2 };
    assert.equal(inShort([twice]), '| it storms | duplicate: 2 twice, recovered in 4.2 s | not applicable |');
    const stuck = { ...cell, stuck: 1, recoverySeconds: 61.2 };
    assert.equal(
      inShort([stuck], { orchestration: 'It waits.' }),
      '| it storms | broken: 1 stuck | not played |',
    );
  });

  it('tell in short only where the styles differ, and how many faults are left out', () => {
    const other: Cell = { ...cell, style: 'orchestration', recoverySeconds: 5 };
    const inShort = (...cells: Cell[]) =>
      failureTables(resultsOf(cells, { orchestration: 'It waits.' }))['failures-short'] ?? '';
    assert.doesNotMatch(inShort(cell, other), /it storms/);
    assert.match(inShort(cell, other), /In the other 1 of 1 faults both did alike/);
    assert.match(inShort(cell, { ...other, recoverySeconds: 7.3 }), /it storms.*In the other 0 of 1/s);
    assert.match(inShort(cell, { ...other, lost: 1 }), /it storms \| held.* \| broken: 1 lost \|/);
  });

  it('say that a style is not touched, instead of seconds, unless something was violated', () => {
    const calm = (more: Partial<Cell>) =>
      failureTables(resultsOf([cell, { ...cell, style: 'orchestration', ...more }], { orchestration: null }));
    assert.match(calm({})['failures-short'] ?? '', /\| held, recovered in 4\.2 s \| not touched \|/);
    assert.match(calm({}).failures ?? '', /orchestration \| not touched \| {2}\| {2}\| Not touched\./);
    assert.match(
      calm({ stuck: 1 }).failures ?? '',
      /orchestration \| broken: 1 stuck \| – \| 0 \| Not touched\./,
    );
  });

  it('conclude with sums, with who was turned away, and with how long recovery took', () => {
    const other: Cell = { ...cell, style: 'orchestration', unavailableSeconds: 7.4, recoverySeconds: 9 };
    const [kept, closed, recovered, ...more] = conclusions(
      resultsOf([{ ...cell, duplicates: 2, duplicatesAllowed: 1, lost: 1 }, other], {
        orchestration: 'It waits.',
      }),
    );
    assert.match(
      kept ?? '',
      /^Of 40 accepted signups: 1 lost, 0 stuck, 0 inconsistent; 2 messages arrived twice/,
    );
    assert.match(kept ?? '', /\(2 by choreography, 0 by orchestration\), 1 of them in the one window/);
    assert.match(closed ?? '', /by choreography never; by orchestration in storm 7\.4 s/);
    // What was lost has not recovered.
    assert.match(recovered ?? '', /with choreography in no cell; with orchestration after 9 s \(median\)/);
    assert.deepEqual(more, []);
    assert.deepEqual(conclusions(resultsOf([])), []);
  });

  it('show who of the control group was convicted of what', () => {
    const { controls = '' } = failureTables(resultsOf([cell]));
    assert.match(
      controls,
      /\| without-an-umbrella \| is wet \| storm, choreography \| lost or twice \| 1 lost \| convicted \|/,
    );
  });

  it('keep a cell of a table in one piece', () => {
    const piped = { ...cell, actions: ['list | grep'] };
    assert.match(failureTables(resultsOf([piped])).failures ?? '', /`list \\\| grep`/);
  });
});
