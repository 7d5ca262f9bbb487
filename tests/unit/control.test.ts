/** The control socket of a stack, and what becomes of it where one of both sides is gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askSupervisor, openControl } from '../../tools/platform/control.ts';
import { PlatformError } from '../../tools/platform/error.ts';

describe('The control socket of a stack', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'duet-control-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is said to be away where no supervisor listens', async () => {
    const asking = askSupervisor(home, { do: 'start', process: 'statistics' });
    await assert.rejects(asking, (error: Error) => {
      assert.ok(error instanceof PlatformError);
      assert.match(error.message, /^The supervisor of the stack over `.*` cannot be asked: .*ENOENT/);
      return true;
    });
  });

  it('stays open where a caller is gone before it has read its answer', async () => {
    const done: string[] = [];
    const control = await openControl(home, {
      processes: ['statistics'],
      start: async (name) => void done.push(`start ${name}`),
      stop: async (name) => void done.push(`stop ${name}`),
    });
    try {
      const gone = connect(join(home, 'control.sock')).pause();
      await once(gone, 'connect');
      gone.write('{"do":"start","process":"statistics"}\n');
      // Answered after the one before it, whose answer lies unread by then.
      await askSupervisor(home, { do: 'stop', process: 'statistics' });
      gone.destroy();
      await askSupervisor(home, { do: 'stop', process: 'statistics' });
      assert.deepEqual(done, ['start statistics', 'stop statistics', 'stop statistics']);
    } finally {
      await control.close();
    }
  });
});
