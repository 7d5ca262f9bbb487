/**
 * Every shape of the workflow that was released has signups under way for days: the present code must be able to take over
 * each of them. `record.ts` makes the histories.
 */
import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { presentBundle } from './bundle.ts';
import { quietRuntime } from '../time/test-server.ts';

const folder = new URL('histories/', import.meta.url);
const files = readdirSync(fileURLToPath(folder)).toSorted();

/** `pending` is one that was not at its end when it was recorded. */
const sinceDaysPass = ['activated-reminded', 'activated', 'expired', 'pending', 'refused', 'undeliverable'];

describe('The present workflow code', () => {
  before(quietRuntime);

  for (const file of files) {
    it(`replays ${file}`, async () => {
      await replay(await recorded(file));
    });
  }

  it('is tried with every shape, and with every end that there was in each', () => {
    const ends: Record<string, string[]> = {};
    for (const file of files) {
      const [, shape = '', end = ''] = /^signup-(\d+\.\d+\.\d+)-([a-z-]+)\.json$/.exec(file) ?? [];
      (ends[shape] ??= []).push(end);
    }
    assert.deepEqual(ends, {
      '0.1.0': ['activated', 'refused', 'undeliverable'],
      '0.2.0': sinceDaysPass,
      '0.3.0': sinceDaysPass,
      '0.3.1': sinceDaysPass,
    });
  });

  it('would be caught if it asked for another activity than was recorded', async () => {
    const tampered = (await recorded(one('activated'))).replaceAll('"sendEmail"', '"sendFax"');
    await assert.rejects(replay(tampered), DeterminismViolationError);
  });

  it('would be caught if it asked for another local activity than was recorded', async () => {
    const history = JSON.parse(await recorded(one('activated'))) as {
      events: {
        markerRecordedEventAttributes?: { details: Record<string, { payloads: { data: string }[] }> };
      }[];
    };
    let changed = 0;
    for (const { markerRecordedEventAttributes: marker } of history.events) {
      for (const payload of marker?.details['data']?.payloads ?? []) {
        const text = Buffer.from(payload.data, 'base64').toString('utf8');
        if (!text.includes('"activity_type":"recordNotified"')) continue;
        payload.data = Buffer.from(text.replace('recordNotified', 'forgetNotified')).toString('base64');
        changed += 1;
      }
    }
    assert.equal(changed, 1, 'the marker of the local activity is there');
    await assert.rejects(replay(JSON.stringify(history)), DeterminismViolationError);
  });
});

function one(outcome: string): string {
  return files.findLast((file) => file.endsWith(`-${outcome}.json`))!;
}

function recorded(file: string): Promise<string> {
  return readFile(new URL(file, folder), 'utf8');
}

async function replay(history: string): Promise<void> {
  const workflowBundle = { codePath: await presentBundle() };
  await Worker.runReplayHistory({ workflowBundle }, JSON.parse(history) as unknown, 'signup-replayed');
}
