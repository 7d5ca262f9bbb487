/** What the live page takes is shown beside what is wanted, and a target that one crowd missed is missed. */
import { strict as assert } from 'node:assert';
import { pageTable, type PageFigures } from '../../tools/generate/page.ts';

describe('The table of what the live page takes', () => {
  const crowd: PageFigures = {
    tasksOver200Ms: 0,
    longestTaskMs: 120,
    longestOnCoreMs: 40,
    heapMb: 8,
    mostEntriesPerFrame: 200,
    elements: 1000,
    gzippedKb: 43.4,
    bundlingMs: 300,
  };
  const machine = { cores: 2, cpu: 'a processor', memoryGb: 8 };
  const tableOf = (...crowds: PageFigures[]) => pageTable({ machine, signups: 1000, crowds });

  it('has the middle, the smallest and the largest of the crowds', () => {
    const table = tableOf(crowd, { ...crowd, longestTaskMs: 90 }, { ...crowd, longestTaskMs: 180 });
    assert.match(table, /^\| 3 crowds of 1,000 \|/);
    assert.match(table, /\| the longest task, ms \|  \| 120 \(90 to 180\) \|  \|/);
    assert.match(table, /\| tasks over 200 ms \| ≤ 0 \| 0 \(0 to 0\) \| met \|/);
  });

  it('says that a target is missed which one crowd has missed', () => {
    const table = tableOf(crowd, crowd, { ...crowd, tasksOver200Ms: 2 });
    assert.match(table, /\| tasks over 200 ms \| ≤ 0 \| 0 \(0 to 2\) \| missed \|/);
  });
});
