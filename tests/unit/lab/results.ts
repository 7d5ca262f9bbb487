/** Results of the lab as nobody has measured them: one fault, and one control. */
import type { HistoryEntry } from '../../../domain/history.ts';
import { forEachStyle } from '../../../domain/styles.ts';
import type { Cell, LabResults } from '../../../tools/lab/figures.ts';

const done = (at: string, step: string, attempts = 1): HistoryEntry => {
  return { at, kind: 'done', step, attempts, detail: null, source: 'tracker' };
};

/** A cell in which all went well. */
export const cell: Cell = {
  fault: 'storm',
  style: 'choreography',
  seed: 7,
  signups: 20,
  lost: 0,
  stuck: 0,
  inconsistent: 0,
  duplicates: 0,
  duplicatesAllowed: 0,
  recoverySeconds: 4.2,
  unavailableSeconds: 0,
  brokenSeconds: 12.5,
  actions: ['npm run signup -- resume <id>'],
  happened: [{ atSeconds: 1.5, what: 'the <broker> is away' }],
  findings: [],
  worst: {
    signupId: 'one',
    timeline: [
      done('2026-11-27T12:00:00.000Z', 'openAccount'),
      done('2026-11-27T12:00:01.240Z', 'sendSms welcome'),
      done('2026-11-30T12:00:00.000Z', 'sendEmail welcome', 3),
    ],
  },
};

/** Results with these cells. The workflow knows no storm, unless it is told what to do in one; null: it is not touched. */
export function resultsOf(
  cells: readonly Cell[],
  inAStorm: { orchestration?: string | null } = {},
): LabResults {
  return {
    machine: { cpu: 'a <fast> one', cores: 2, memoryGb: 24, system: 'Linux', load: 0 },
    versions: { node: '20' },
    seed: 7,
    tookSeconds: 60,
    cells,
    faults: [
      {
        name: 'storm',
        family: 'outage',
        breaks: 'it storms',
        injectedAt: 'the "sky"',
        heals: 'by itself',
        expected: {
          ...forEachStyle(() => undefined),
          choreography: 'It waits: [Cost 6](messaging/inbox.ts), as [they say](https://example.com/storm).',
          orchestration: inAStorm.orchestration,
        },
      },
    ],
    controls: [
      {
        ...cell,
        control: 'without-an-umbrella',
        defect: 'is wet',
        expected: ['lost', 'duplicates'],
        lost: 1,
        convicted: true,
        findings: ['one: welcome email did not arrive'],
      },
    ],
  };
}
