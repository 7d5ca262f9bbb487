/** The control socket of a stack, and what becomes of it where one of both sides is gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import { NotSwitchable, SupervisorAway, SupervisorFailed } from '../../domain/supervisor.ts';
import { openControl, supervisorOver, type Controlled } from '../../tools/platform/control.ts';
import { PlatformError } from '../../tools/platform/error.ts';

const broken = {
  name: 'mail-451',
  isHere: true,
  whyNot: null,
  healsAt: '2026-11-29T12:00:00.000Z',
  remainingMs: 10_000,
  askedBy: 'terminal',
} as const;

describe('The control socket of a stack', () => {
  let home: string;
  let done: string[];
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'duet-control-'));
    done = [];
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** A supervisor that notes what it is asked for. */
  async function listening(
    changes: Partial<Controlled<'statistics' | 'crowd'>>,
    use: () => Promise<void>,
  ): Promise<void> {
    const note = (what: string) => async (name?: string) => void done.push(`${what} ${name ?? 'all'}`);
    const control = await openControl(home, {
      processes: ['statistics', 'crowd'],
      start: note('start'),
      stop: note('stop'),
      report: () => [{ name: 'api', state: 'running', restarts: 2 }],
      leases: {
        list: () => [broken],
        async break(name, wish, when) {
          done.push(`break ${name} ${JSON.stringify(wish)}`);
          void when?.then(() => done.push(`${name} begins`));
          return broken;
        },
        heal: note('heal'),
      },
      ...changes,
    });
    try {
      await use();
    } finally {
      await control.close();
    }
  }

  it('is said to be away where no supervisor listens', async () => {
    await assert.rejects(supervisorOver(home).start('statistics'), (error: Error) => {
      assert.ok(error instanceof SupervisorAway);
      assert.match(error.message, /^The supervisor cannot be asked: .*ENOENT/);
      return true;
    });
  });

  it('stays open where a caller is gone before it has read its answer', () =>
    listening({}, async () => {
      const gone = connect(join(home, 'control.sock')).pause();
      await once(gone, 'connect');
      gone.write('{"do":"start","process":"statistics"}\n');
      // Answered after the one before it, whose answer lies unread by then.
      await supervisorOver(home).stop('statistics');
      gone.destroy();
      await supervisorOver(home).stop('statistics');
      assert.deepEqual(done, ['start statistics', 'stop statistics', 'stop statistics']);
    }));

  it('passes on what is asked for, and gives what is answered', () =>
    listening({}, async () => {
      const supervisor = supervisorOver(home);
      assert.deepEqual(await supervisor.processes(), [{ name: 'api', state: 'running', restarts: 2 }]);
      assert.deepEqual(await supervisor.faults(), [broken]);
      assert.deepEqual(await supervisor.break('mail-451', { forMs: 500, askedBy: 'page' }), broken);
      await supervisor.heal('mail-451');
      await supervisor.heal();
      assert.deepEqual(done, ['break mail-451 {"forMs":500,"askedBy":"page"}', 'heal mail-451', 'heal all']);
    }));

  it('does everything else while a process takes its time to start', async () => {
    let started = () => {};
    const start = async (name: string) => {
      if (name === 'statistics') await new Promise<void>((resolve) => (started = resolve));
    };
    await listening({ start }, async () => {
      const starting = supervisorOver(home).start('statistics');
      assert.deepEqual(await supervisorOver(home).faults(), [broken]);
      await supervisorOver(home).heal();
      await supervisorOver(home).start('crowd');
      started();
      await starting;
    });
  });

  it('begins what ends the caller once the caller has hung up', () =>
    listening({}, async () => {
      let answered = () => {};
      const held = new Promise<void>((resolve) => (answered = resolve));
      const askedAt = Date.now();
      await supervisorOver(home).break('kill-api', {}, held);
      await supervisorOver(home).break('kill-accounts', {}, Promise.resolve());
      // A caller that stays is waited for, but for a second only.
      if (Date.now() - askedAt < 900) assert.deepEqual(done, ['break kill-api {}', 'break kill-accounts {}']);
      answered();
      await until('it to begin', () => done.includes('kill-api begins'));
    }));

  it('tells a refusal from a failure', async () => {
    const throwing = (thrown: Error) => {
      const fail = async () => {
        throw thrown;
      };
      return { leases: { list: () => [], break: fail, heal: fail } };
    };
    await listening(throwing(new NotSwitchable('Not here.')), async () => {
      await assert.rejects(supervisorOver(home).break('mail-451', {}), (error: Error) => {
        assert.ok(error instanceof NotSwitchable);
        return error.message === 'Not here.';
      });
    });
    await listening(throwing(new PlatformError('It hangs.')), async () => {
      await assert.rejects(supervisorOver(home).heal(), (error: Error) => {
        assert.ok(error instanceof SupervisorFailed);
        return error.message === 'It hangs.';
      });
    });
  });

  for (const [what, line, complaint] of [
    ['is no JSON', 'break it', /JSON/],
    ['names no request', '{"do":"burn"}', /do/],
    ['names a process that is always there', '{"do":"stop","process":"api"}', /process/],
    ['names no fault', '{"do":"break","fault":"mail"}', /fault/],
    ['breaks for no time', '{"do":"break","fault":"mail-451","forMs":0}', /forMs/],
    ['breaks for longer than two minutes', '{"do":"break","fault":"mail-451","forMs":1000000000}', /forMs/],
    ['holds something else', '{"do":"heal","which":"mail-451"}', /which/],
  ] as const) {
    it(`refuses a line that ${what}`, () =>
      listening({}, async () => {
        const caller = connect(join(home, 'control.sock'));
        caller.write(`${line}\n`);
        const [answer] = (await once(caller, 'data')) as [Buffer];
        caller.destroy();
        assert.match((JSON.parse(answer.toString()) as { failed: string }).failed, complaint);
        assert.deepEqual(done, []);
      }));
  }
});
