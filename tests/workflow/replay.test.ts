/**
 * A shape of the workflow has signups under way for days after the next one is released: the present code must be able to take over
 * those of both. `record.ts` makes the histories.
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

describe('The present workflow code', () => {
  before(quietRuntime);

  for (const file of files) {
    it(`replays ${file}`, async () => {
      await replay(await recorded(file));
    });
  }

  it('is tried with both shapes, to every end that a shape makes a difference to, and in the middle of the wait', () => {
    const remindedIn = ['activated-reminded', 'expired', 'pending'];
    assert.deepEqual(
      files,
      [
        ...['activated', ...remindedIn, 'refused', 'undeliverable']
          .toSorted()
          .map((end) => `signup-three-reminders-${end}.json`),
        ...remindedIn.map((end) => `signup-two-reminders-${end}.json`),
      ].toSorted(),
    );
  });

  it('would be caught if it asked for another activity than was recorded', async () => {
    const tampered = (await recorded(one('activated'))).replaceAll(
      '"sendEmail welcome"',
      '"sendFax welcome"',
    );
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

function one(outcome: 'activated'): string {
  return `signup-three-reminders-${outcome}.json`;
}

function recorded(file: string): Promise<string> {
  return readFile(new URL(file, folder), 'utf8');
}

async function replay(history: string): Promise<void> {
  const workflowBundle = { codePath: await presentBundle() };
  await Worker.runReplayHistory({ workflowBundle }, JSON.parse(history) as unknown, 'signup-replayed');
}
