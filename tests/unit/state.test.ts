import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRoster } from '../../tools/platform/roster.ts';
import { openState } from '../../tools/platform/state.ts';
import { until } from '../../adapters/waiting.ts';

describe('The state folder', function () {
  this.timeout(20_000);

  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'duet-state-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is opened again by the version that made it, with the same secrets', async () => {
    const first = await openState(home, false);
    first.close();
    const second = await openState(home, false);
    second.close();
    assert.deepEqual(second.secrets, first.secrets);
  });

  it('is taken over from an earlier version, and says from then on that it is of this one', async () => {
    const first = await openState(home, false, '0.4.0');
    first.close();
    const second = await openState(home, false, '0.10.2');
    second.close();
    assert.deepEqual(second.secrets, first.secrets);
    assert.equal(readFileSync(join(home, 'version'), 'utf8'), '0.10.2\n');
    await assert.rejects(openState(home, false, '0.4.0'), /Duet 0\.10\.2, which is later/);
  });

  it('is refused as it is where a version from before 0.4.0 or a later one wrote it, until it is discarded', async () => {
    for (const [file, content, version] of [
      ['secrets.json', '{"postgresPassword":"old"}', /Duet 0\.3\.0 or older/],
      ['version', '0.3.1\n', /Duet 0\.3\.1, which this version cannot read/],
      ['version', '10.0.0\n', /Duet 10\.0\.0, which is later than this version, \d+\.\d+\.\d+/],
    ] as const) {
      const folder = join(home, content.replaceAll(/\W/g, '-'));
      mkdirSync(join(folder, 'rabbitmq'), { recursive: true });
      writeFileSync(join(folder, file), content);
      await assert.rejects(openState(folder, false), ({ message }: Error) => {
        assert.match(message, version);
        assert.match(message, /--fresh/);
        assert.doesNotMatch(message, /\n/);
        return true;
      });
      assert.ok(existsSync(join(folder, 'rabbitmq')), 'nothing is discarded unasked');
      const fresh = await openState(folder, true);
      fresh.close();
      const again = await openState(folder, false);
      again.close();
      assert.ok(!existsSync(join(folder, 'rabbitmq')));
      assert.notEqual(fresh.secrets.postgresPassword, 'old');
    }
  });

  it('is refused where none can be made, with a way out', async () => {
    writeFileSync(join(home, 'file'), '');
    const impossible = [join(home, 'file', 'state'), join(home, 'file')];
    // The kernel's own folders say that their parts are missing, however often one asks.
    if (process.platform === 'linux') impossible.push('/proc/duet/state');
    for (const folder of impossible)
      await assert.rejects(openState(folder, false), /cannot be used.*DUET_HOME/s);
  });

  it('is refused where a stack runs over it, to each command in its own name', async () => {
    const first = await openState(home, false);
    await assert.rejects(openState(home, false), /already running.*`DUET_HOME=\S+ npm start`/s);
    const stage = openState(home, false, undefined, 'npm run stage');
    await assert.rejects(stage, /already running.*`DUET_HOME=\S+ npm run stage`/s);
    first.close();
  });

  it('may be full for a while: the stack goes on, and scripts learn of it later', async () => {
    const state = await openState(home, false);
    const said: string[] = [];
    const inTheWay = `${state.stackFile}.new`;
    mkdirSync(inTheWay);
    const reserved = { next: async () => 0, exactly: async () => 0, release: () => {} };
    const roster = createRoster(
      state,
      reserved,
      (line) => void said.push(line),
      () => {},
    );
    try {
      roster.attached('postgres', 5432);
      assert.equal(said.length, 1, said.join());
      assert.match(said[0] ?? '', /stack\.json cannot be written for now: EISDIR/);
      rmSync(inTheWay, { recursive: true });
      await until('the file', () => {
        const { processes } = JSON.parse(readFileSync(state.stackFile, 'utf8')) as { processes: object };
        assert.deepEqual(Object.keys(processes), ['supervisor', 'postgres']);
        return true;
      });
    } finally {
      await roster.stop();
    }
  });
});
