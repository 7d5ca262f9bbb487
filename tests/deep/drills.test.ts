/**
 * `docs/drills.md`: each incident is caused, the commands of the page are typed, and all is well. `npm run drills` also notes how
 * long that took, in `results/drills.json`.
 */
import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { describeMachine, describeVersions } from '../../tools/bench/machine.ts';
import { drillsOfDocument, type DrillResults } from '../../tools/generate/drills.ts';
import type { Style } from '../../domain/signup.ts';
import { duet } from '../../domain/styles.ts';
import { endScenario } from '../client.ts';
import { onOwnStack, soonParked } from '../own-stack.ts';
import { theStack } from '../stack.ts';
import { checkout, type Checkout } from './checkout.ts';
import { incidents } from './incidents.ts';

const drills = await drillsOfDocument();

describe('The drills', function () {
  this.timeout(120_000);
  const measured: DrillResults['drills'] = [];
  let operated: Checkout;
  before(() => (operated = checkout()));
  onOwnStack({ environment: soonParked, place: () => operated });
  after(() => operated[Symbol.dispose]());
  // Noted now: the stack is gone when the results are written.
  let versions: Record<string, string>;
  before(async () => void (versions = await describeVersions(theStack())));
  // The first start of a program is slower than all later ones, and would count for whoever is drilled first.
  before(() =>
    operated.type('npm run signup -- list && npm run dead-letters -- list && temporal workflow list'),
  );
  // Whatever came of a drill, the next begins with all of it running.
  afterEach(async () => {
    await endScenario('*');
    await theStack().release('notifications');
  });

  it('are played on each side', () => {
    assert.deepEqual(
      drills.map(({ incident, style }) => `${incident} (${style})`),
      Object.keys(incidents).flatMap((incident) => duet.map((style) => `${incident} (${style})`)),
    );
  });

  for (const drill of drills) {
    it(`${drill.incident}: ${drill.style}`, async () => {
      const {
        known,
        untilWell,
        after: afterwards,
      } = await incidents[drill.incident]!(sideOf(drill.style), operated);
      const began = performance.now();
      const printed = await operated.type(inThisCase(drill.commands, known));
      await untilWell();
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      measured.push({ incident: drill.incident, style: drill.style, seconds });
      assertPrinted(
        drill.printed.map((text) => inThisCase(text, known)),
        printed,
      );
      await afterwards?.();
    });
  }

  after(async () => {
    if (!process.argv.includes('--record') || measured.length < drills.length) return;
    const { cpu, cores, memoryGb } = describeMachine();
    const results: DrillResults = { machine: { cpu, cores, memoryGb }, versions, drills: measured };
    const file = new URL('../../results/drills.json', import.meta.url);
    await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  });
});

function sideOf(style: Style) {
  return duet.find((each) => each === style) ?? assert.fail(`${style} is not drilled`);
}

/** What the page says, for this case: with its id. */
function inThisCase(text: string, known: { ID?: string }): string {
  return text.replaceAll(/\bID\b/g, known.ID ?? 'ID');
}

/** All that the page says is printed, in its order. */
function assertPrinted(promised: readonly string[], printed: string): void {
  assert.ok(promised.length > 0, 'the page says what is printed');
  let from = 0;
  for (const text of promised) {
    const at = printed.indexOf(text, from);
    assert.ok(at >= 0, `\`${text}\` is not printed, or not there; printed was:\n${printed}`);
    from = at + text.length;
  }
}
