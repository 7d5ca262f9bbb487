/** The list of undos that a workflow keeps, on its own: the signup has one undo so far, the order shows with three. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Noting, undoing } from './fixtures/undoing.ts';
import { startTimeSkipping } from '../time/test-server.ts';

describe('Compensations', () => {
  let environment: TestWorkflowEnvironment;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    environment = await startTimeSkipping();
  });
  after(() => environment?.teardown());

  it('run newest first, each once, out of reach of the cancellation that they answer', async () => {
    const noted: string[] = [];
    const activities: Noting = { note: async (line) => void noted.push(line) };
    const taskQueue = `undoing-${randomUUID()}`;
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      activities,
      workflowsPath: fileURLToPath(new URL('fixtures/undoing.ts', import.meta.url)),
    });
    const ran = await worker.runUntil(async () => {
      const handle = await environment.client.workflow.start<typeof undoing>('undoing', {
        workflowId: taskQueue,
        taskQueue,
      });
      await handle.cancel();
      return handle.result();
    });
    assert.deepEqual(noted, ['third, stopped', 'second, stopped', 'first, stopped']);
    assert.deepEqual(ran, ['third, not cancelled', 'second, not cancelled', 'first, not cancelled']);
  });
});
