/** README, docs/failures.md and docs/failure-report.html say what results/lab.json says. */
import { strict as assert } from 'node:assert';
import { access, readFile } from 'node:fs/promises';
import { failureTables } from '../../docs/failure-tables.ts';
import { withTables } from '../../docs/tables.ts';
import { styles } from '../../domain/signup.ts';
import { faults } from '../../lab/faults.ts';
import { complaintsAbout, type LabResults } from '../../lab/figures.ts';
import { failureReport } from '../../lab/report.ts';
import { cell, resultsOf } from '../lab/results.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

describe('The documents about failures', () => {
  let readme: string;
  let document: string;
  let page: string;
  let found: LabResults;

  before(async () => {
    [readme, document, page] = await Promise.all([
      read('README.md'),
      read('docs/failures.md'),
      read('docs/failure-report.html'),
    ]);
    found = JSON.parse(await read('results/lab.json')) as LabResults;
  });

  it('show what results/lab.json has (`npm run generate` brings them up to date)', async () => {
    assert.match(document, /<!-- generated: failures -->\n### A process dies at/);
    assert.match(document, /<!-- generated: controls -->\n\| control/);
    assert.equal(await withTables(document), document);
    assert.match(readme, /<!-- generated: failures-short -->\n\| what breaks/);
    // Not `equal`, which would print two pages of some hundred kilobytes.
    assert.ok(
      page === failureReport(found),
      'docs/failure-report.html is not what results/lab.json makes of it',
    );
    assert.deepEqual(complaintsAbout(found), []);
  });

  it('are known not to, where a verdict differs, in either document', async () => {
    for (const [text, verdict] of [
      [document, '| held |'],
      [readme, '| held, '],
    ] as const) {
      const tampered = text.replace(verdict, verdict.replace('held', 'broken'));
      assert.notEqual(tampered, text);
      assert.equal(await withTables(tampered), text);
    }
  });

  it('tell of every fault, in both styles', async () => {
    const { cells, faults: told } = found;
    assert.deepEqual(
      told.map(({ name }) => name),
      faults.map(({ name }) => name),
    );
    for (const { name, expected } of told) {
      for (const style of styles) {
        const isPlayed = cells.some((each) => each.fault === name && each.style === style);
        assert.equal(isPlayed, expected[style] !== undefined, `${name}, ${style}`);
      }
    }
  });

  it('link only to what is there', async () => {
    const base = new URL('docs/failure-report.html', root);
    for (const [, target = ''] of page.matchAll(/href="(\.[^"#]+)/g)) {
      await access(new URL(target, base)).catch(() =>
        assert.fail(`docs/failure-report.html links to ${target}`),
      );
    }
  });
});

describe('The tables of failures', () => {
  it('give both styles of a fault a row, with links that work from docs/', () => {
    const { failures = '' } = failureTables(resultsOf([cell]));
    assert.match(failures, /\| \*\*storm\*\*: it storms \| choreography \| held \| 4\.2 \| 0 \| It waits/);
    assert.match(failures, /\[Cost 6\]\(\.\.\/messaging\/inbox\.ts\), as \[they say\]\(https:/);
    assert.match(
      failures,
      /\| `npm run signup -- resume <id>` \|\n\| {2}\| orchestration \| not applicable \|/,
    );
  });

  it('tell in short the verdict and the seconds, and no seconds where nothing recovered', () => {
    const inShort = (...given: Parameters<typeof resultsOf>) =>
      (failureTables(resultsOf(...given))['failures-short'] ?? '').split('\n').at(-1);
    assert.equal(inShort([cell]), '| it storms | held, 4.2 s | not applicable |');
    const twice = { ...cell, duplicates: 2, duplicatesAllowed: 2 };
    assert.equal(inShort([twice]), '| it storms | duplicate: 2 twice, 4.2 s | not applicable |');
    const stuck = { ...cell, stuck: 1, recoverySeconds: 61.2 };
    assert.equal(
      inShort([stuck], { orchestration: 'It waits.' }),
      '| it storms | broken: 1 stuck | not played |',
    );
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
