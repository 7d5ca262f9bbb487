/** Which cells the coupling bench measures, and which of them are left where a run is resumed. */
import { strict as assert } from 'node:assert';
import { styles } from '../../../domain/signup.ts';
import { traits } from '../../../domain/styles.ts';
import { couplingFaults } from '../../../tools/bench/coupling/faults.ts';
import { allJobs, jobsLeft, nameOf, quickly, usually } from '../../../tools/bench/coupling/plan.ts';

const faults = couplingFaults.map(({ name }) => name);
const jobs = allJobs(usually);

describe('The plan of the coupling bench', () => {
  it('has every fault for every style, once', () => {
    const names = jobs.map((job) => JSON.stringify(nameOf(job)));
    assert.equal(new Set(names).size, names.length);
    for (const style of styles) {
      for (const fault of faults) {
        assert.ok(
          jobs.some((job) => job.style === style && job.fault.name === fault && job.load.name === 'steady'),
          `${fault}, ${style}`,
        );
      }
    }
  });

  it('lets callers repeat only where a style answers once all is done', () => {
    for (const { style, patience } of jobs) {
      if (patience === 'patient') assert.equal(traits[style].answersAfter, 'everything');
    }
  });

  it('spares the server of workflows the many callers', () => {
    for (const { style, load } of jobs) {
      if (load.name === 'rush') assert.notEqual(traits[style].mechanism, 'workflow');
    }
  });

  it('lets a whole run of six styles end within 90 minutes', () => {
    // Before each cell callers show that all is whole; after it signups settle and are judged.
    const around = { warmUp: 3, judgedPerSecond: 100, quiet: 5 };
    const seconds = jobs.reduce((sum, { load }) => {
      const judging = (load.perSecond * load.seconds) / around.judgedPerSecond;
      return sum + around.warmUp + load.seconds + around.quiet + judging;
    }, 0);
    assert.ok(
      (seconds / styles.length) * 6 <= 90 * 60,
      `${Math.round(seconds)} s for ${styles.length} styles`,
    );
  });

  it('resumes with what was not measured, under the same numbers', () => {
    const wanted = { faults, styles };
    const measured = jobs.slice(0, 3).map(nameOf);
    assert.deepEqual(jobsLeft(usually, wanted, measured), jobs.slice(3));
    assert.deepEqual(jobsLeft(usually, wanted, jobs.map(nameOf)), []);
  });

  it('keeps to the faults and styles that are wanted', () => {
    const [style] = styles;
    const left = jobsLeft(quickly, { faults: ['none'], styles: [style] }, []);
    assert.ok(left.length > 0);
    for (const job of left) assert.deepEqual([job.fault.name, job.style], ['none', style]);
  });
});
