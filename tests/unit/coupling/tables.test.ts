/** The tables of the coupling bench say what was measured, and the short one nothing before all is. */
import { strict as assert } from 'node:assert';
import { styles } from '../../../domain/signup.ts';
import { traits } from '../../../domain/styles.ts';
import { couplingFaults } from '../../../tools/bench/coupling/faults.ts';
import { answersOf, type CouplingCell, type CouplingResults } from '../../../tools/bench/coupling/figures.ts';
import { allJobs, nameOf, usually } from '../../../tools/bench/coupling/plan.ts';
import { couplingInShort, couplingTables } from '../../../tools/generate/coupling.ts';

const answers = answersOf([{ signupId: '', askedAt: 0, endedAt: 1500, answer: 202, unavailable: 0 }]);
const whole: CouplingResults = {
  machine: { cpu: 'a processor', cores: 2, memoryGb: 8, system: 'Linux', load: 0 },
  versions: { duet: '0.0.0' },
  seed: 1,
  quick: false,
  date: '2026-01-01',
  faults: couplingFaults.map(({ name, says, lasts }) => ({ name, says, lasts })),
  cells: allJobs(usually).map((job): CouplingCell => {
    const isSilent = job.fault.name === 'mail-silent';
    return {
      ...nameOf(job),
      answers,
      duringFault: answers,
      acceptedPerSecond: 10,
      mostInFlight: 7,
      notified: { within1s: 0, within10s: 0.5, within60s: 1 },
      brokenSeconds: 10,
      api: { beforeMb: 100, mostMb: 155, beforeThreads: 11, mostThreads: 61 },
      lost: 0,
      stuck: isSilent ? 3 : 0,
      inconsistent: 0,
      twice: 0,
      findings: [],
    };
  }),
};
const [style] = styles;

describe('The tables of the coupling bench', () => {
  it('have a row for each fault and a column for each style', () => {
    const text = couplingTables(whole);
    for (const { says } of couplingFaults) assert.ok(text.includes(`| ${says} |`), says);
    for (const each of styles) assert.ok(text.includes(traits[each].title));
    assert.match(text, /\| 7, 61 \(\+50\), 155 \(\+55\) \|/);
    assert.match(text, /\| 0 %, 50 %, 100 % \|/);
  });

  it('say in words what became of signups', () => {
    assert.match(couplingTables(whole), /\| the mail server is silent \| 3 stuck \|/);
    assert.match(couplingTables(whole), /\| nothing is broken \| kept \|/);
  });

  it('have a dash where a cell was not measured', () => {
    const cells = whole.cells.filter((cell) => cell.fault !== 'none' || cell.style !== style);
    const row = couplingTables({ ...whole, cells })
      .split('\n')
      .find((line) => line.startsWith('| nothing is broken |'));
    assert.match(row ?? '', /\| – \|/);
  });

  it('have a row for each style in short, once all is measured', () => {
    const text = couplingInShort(whole)!;
    assert.equal(text.split('\n').length, 2 + styles.length);
    assert.match(text, /\| 1\.5 s \| 0 % \| 1\.5 s \| 3 stuck \|/);
    assert.equal(couplingInShort({ ...whole, cells: whole.cells.slice(1) }), undefined);
    assert.equal(couplingInShort({ ...whole, quick: true }), undefined);
  });
});
