import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function lab(...given: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['tools/lab/run.ts', ...given], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { status, stdout, stderr };
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
      /--style <style>' argument 'jazz' is invalid. Allowed choices are (\w+(-\w+)*, )+orchestration/,
    ],
    [['--seed', 'lucky'], /--seed <n>' argument 'lucky' is invalid. Expected a whole number/],
    [['--fault', 'relay-before-mark', '--style', 'orchestration'], /means nothing to orchestration/],
    [['--style', 'choreography'], /--style goes with --fault/],
    [['--fault', 'poison', '--campaign'], /'--campaign' cannot be used with option '--fault/],
    [['--all', '--campaign'], /'--all' cannot be used with option '--campaign/],
    [['--fault', 'poison', '--report'], /'--report' cannot be used with option '--fault/],
    [['--nonsense'], /--nonsense/],
  ] as const) {
    it(`refuses ${given.join(' ')} with 2 and says what is expected`, async () => {
      const { status, stderr } = await lab(...given);
      assert.equal(status, 2);
      assert.match(stderr, complaint);
      assert.match(stderr, /--help/);
    });
  }

  it('writes the report of the figures that are published, without playing anything', async () => {
    const { status, stdout } = await lab('--report');
    assert.equal(status, 0);
    assert.match(stdout, /^Wrote build\/failure-report\.html/m);
    assert.match(await readFile(`${root}build/failure-report.html`, 'utf8'), /<h2>The matrix<\/h2>/);
  });

  it('lists the faults, and helps', async () => {
    assert.match((await lab('--list')).stdout, /^notifications-before-record +notifications dies when/m);
    assert.match((await lab('--help')).stdout, /^Usage: npm run lab/);
  });
});
