import { strict as assert } from 'node:assert';
import type { Cell, LabResults } from '../../lab/figures.ts';
import { complaintsAbout } from '../../lab/figures.ts';
import { failureReport } from '../../lab/report.ts';

const cell: Cell = {
  ...{ fault: 'storm', style: 'choreography', seed: 7, signups: 20 },
  ...{ lost: 0, stuck: 0, inconsistent: 0, duplicates: 0, duplicatesAllowed: 0 },
  ...{ recoverySeconds: 4.2, unavailableSeconds: 0, actions: ['npm run signup -- resume <id>'] },
  happened: [{ atSeconds: 1.5, what: 'the <broker> is away' }],
  findings: [],
  worst: {
    signupId: 'one',
    timeline: [
      {
        at: '2026-11-27T12:00:00.000Z',
        kind: 'done',
        step: 'openAccount',
        attempts: 1,
        detail: null,
        source: 'tracker',
      },
      {
        at: '2026-11-28T12:00:00.000Z',
        kind: 'done',
        step: 'sendEmail welcome',
        attempts: 3,
        detail: null,
        source: 'tracker',
      },
    ],
  },
};

function resultsOf(...cells: Cell[]): LabResults {
  return {
    machine: { cpu: 'a <fast> one', cores: 2, memoryGb: 24, system: 'Linux', load: 0 },
    ...{ versions: { node: '20' }, seed: 7, tookSeconds: 60, cells },
    faults: [
      {
        ...{
          name: 'storm',
          family: 'outage',
          breaks: 'it storms',
          injectedAt: 'the sky',
          heals: 'by itself',
        },
        expected: { choreography: 'It waits: [Cost 6](messaging/inbox.ts).', orchestration: undefined },
      },
    ],
    controls: [
      {
        ...{ ...cell, control: 'without-an-umbrella', defect: 'is wet', expected: ['lost'], lost: 1 },
        ...{ convicted: true, findings: ['one: welcome email did not arrive'] },
      },
    ],
  };
}

describe('the failure report', () => {
  it('says in words what each cell came to, and where a style knows no such fault', () => {
    const page = failureReport(resultsOf(cell));
    assert.match(page, /<b class="held">held<\/b> recovered in 4\.2 s/);
    assert.match(page, /not applicable/);
    assert.match(
      failureReport(resultsOf({ ...cell, lost: 1 })),
      /<b class="broken">broken<\/b> 1 lost, 0 stuck/,
    );
    const inHand = { ...cell, duplicates: 2, duplicatesAllowed: 2 };
    assert.match(failureReport(resultsOf(inHand)), /<b class="duplicate">duplicate<\/b> 2 twice/);
    assert.match(
      failureReport(resultsOf({ ...inHand, duplicatesAllowed: 1 })),
      /<b class="broken">broken<\/b>/,
    );
  });

  it('escapes what it shows and links to the source', () => {
    const page = failureReport(resultsOf(cell));
    assert.match(page, /the &lt;broker&gt; is away/);
    assert.doesNotMatch(page, /<broker>|<fast>/);
    assert.match(page, /<a href="\.\.\/messaging\/inbox\.ts">Cost 6<\/a>/);
  });

  it('shows the timeline with the time since its beginning, what a human did, and the control group', () => {
    const page = failureReport(resultsOf(cell));
    assert.match(page, /<time>1\.0 d<\/time><td>sendEmail welcome/);
    assert.match(page, /<code>npm run signup -- resume &lt;id&gt;<\/code>/);
    assert.match(page, /without-an-umbrella<td>is wet.*convicted.*welcome email did not arrive/s);
  });

  it('needs nothing from anywhere', () => {
    assert.doesNotMatch(failureReport(resultsOf(cell)), /<script|<link|src=|@import|https?:/);
  });
});

describe('the complaints of the lab', () => {
  it('are none where all is held and every control convicted, and one for each that is not', () => {
    const { controls } = resultsOf(cell);
    assert.deepEqual(complaintsAbout({ cells: [cell], controls }), []);
    const acquitted = controls.map((control) => ({ ...control, convicted: false }));
    assert.equal(complaintsAbout({ cells: [{ ...cell, stuck: 1 }], controls: acquitted }).length, 2);
  });
});
