import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { injectionFor } from '../../../tools/lab/injection.ts';
import {
  arm,
  armForAll,
  crashesIn,
  disarm,
  disarmForAll,
  isArmedForAll,
  isTurn,
  isTurnOfAll,
  layOut,
} from '../../../tools/lab/armed.ts';
import { injectionInto } from '../../../workers/shared/injection.ts';

describe('what the lab injects', () => {
  it('is nothing without its switch: all is given back as it is', async () => {
    const { database, mail, client, worker } = await injectionInto('accounts');
    for (const wrap of [database, mail, client, worker] as ((given: object) => object)[]) {
      const given = {};
      assert.equal(wrap(given), given);
      assert.deepEqual(given, {});
    }
  });

  it('says which variable is missing where its folder is not named', () => {
    const message = /^LAB_FOLDER is not set/;
    assert.throws(() => injectionFor('accounts'), { name: 'ConfigurationError', message });
  });

  it('strikes at an armed point once, for the signup that it was armed for, and writes it down', () => {
    const folder = mkdtempSync(join(tmpdir(), 'duet-armed-'));
    try {
      layOut(folder);
      assert.equal(isTurn(folder, 'timer-due', 'choreography', 'one'), false);
      arm(folder, 'timer-due', 'choreography', 'one');
      assert.equal(isTurn(folder, 'timer-due', 'choreography', '["other"]'), false);
      assert.equal(isTurn(folder, 'timer-due', 'orchestration', '["one"]'), false);
      assert.equal(isTurn(folder, 'timer-due', 'choreography', '["one"]'), true);
      assert.equal(isTurn(folder, 'timer-due', 'choreography', '["one"]'), false);
      assert.deepEqual(
        crashesIn(folder).map(({ point, style }) => [point, style]),
        [['timer-due', 'choreography']],
      );
      arm(folder, 'timer-due', 'choreography');
      assert.equal(disarm(folder, 'timer-due', 'choreography'), true);
      assert.equal(isTurn(folder, 'timer-due', 'choreography', 'any'), false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('strikes once at a point that was armed for all, whichever style comes there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'duet-armed-'));
    try {
      layOut(folder);
      assert.equal(isTurnOfAll(folder, 'notifications-before-record'), false);
      armForAll(folder, 'notifications-before-record');
      assert.equal(isTurn(folder, 'notifications-before-record', 'choreography', 'any'), false);
      assert.equal(isTurnOfAll(folder, 'notifications-before-send'), false);
      assert.equal(isArmedForAll(folder, 'notifications-before-record'), true);
      assert.equal(isTurnOfAll(folder, 'notifications-before-record'), true);
      assert.equal(isArmedForAll(folder, 'notifications-before-record'), false);
      assert.equal(isTurnOfAll(folder, 'notifications-before-record'), false);
      armForAll(folder, 'notifications-before-record');
      disarmForAll(folder, 'notifications-before-record');
      assert.equal(isTurnOfAll(folder, 'notifications-before-record'), false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
