import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function lab(...given: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['platform/bootstrap.mjs', 'lab/run.ts', ...given], {
    ...{ cwd: root, encoding: 'utf8', timeout: 30_000 },
  });
}

describe('the command line of the failure lab', function () {
  this.timeout(30_000);

  for (const [given, complaint] of [
    [
      ['--fault', 'earthquake'],
      /--fault <fault>' argument 'earthquake' is invalid. Expected one of api-before-answer, /,
    ],
    [
      ['--fault', 'poison', '--style', 'jazz'],
      /--style <style>' argument 'jazz' is invalid. Allowed choices are choreography, orchestration/,
    ],
    [['--seed', 'lucky'], /--seed <n>' argument 'lucky' is invalid. Expected a whole number/],
    [['--fault', 'relay-before-mark', '--style', 'orchestration'], /means nothing to orchestration/],
    [['--style', 'choreography'], /--style goes with --fault/],
    [['--fault', 'poison', '--campaign'], /'--campaign' cannot be used with option '--fault/],
    [['--nonsense'], /--nonsense/],
  ] as const) {
    it(`refuses ${given.join(' ')} with 2 and says what is expected`, () => {
      const { status, stderr } = lab(...given);
      assert.equal(status, 2);
      assert.match(stderr, complaint);
      assert.match(stderr, /--help/);
    });
  }

  it('lists the faults, and helps', () => {
    assert.match(lab('--list').stdout, /^messages-before-record +messages dies when/m);
    assert.match(lab('--help').stdout, /^Usage: npm run lab/);
  });
});
