/** The process was changed while signups were under way: each finishes by the rule that it was started with. */
import { strict as assert } from 'node:assert';
import proto from '@temporalio/proto';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import type { SendEmail } from '../../domain/steps.ts';
import { resumeSignal } from '../../workflows/protocol.ts';
import { patchedBundle } from '../patched.ts';
import { until } from '../../adapters/waiting.ts';
import { presentBundle } from './bundle.ts';
import { startMocked, type Mocked, type Played } from './mocked.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

describe('A signup by workflow, when the process gets a third reminder', () => {
  let mocked: Mocked;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    mocked = await startMocked({ cached: false });
  });
  afterEach(() => mocked.endAll());
  after(() => mocked?.stop());

  const reminded = { first: ['reminder-1', false], second: ['reminder-2', true] } as const;

  beforeEach(async () => mocked.playWith(await presentBundle()));

  it('started from now on, is reminded three times, and told so in the third', async () => {
    const { played, mails } = await playing();
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(mails, [reminded.first, ['reminder-2', false], ['reminder-3', true]]);
  });

  it('started before, is reminded twice, although another code goes on with it before the first', async () => {
    await mocked.playWith(await patchedBundle('two-reminders'));
    const { played } = await playing();
    await mocked.playWith(await presentBundle());
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(remindersOf(played), ['reminder-1', 'reminder-2']);
  });

  it('started before, is told so in the second, although another code goes on with it after the first', async () => {
    await mocked.playWith(await patchedBundle('two-reminders'));
    const { played, mails } = await playing();
    await mocked.sleep('25 hours');
    await played.attempted('sendEmail reminder-1');
    await mocked.playWith(await presentBundle());
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    // The code of then did not say which is the last: whoever sends knows that it is the second.
    assert.deepEqual(mails, [['reminder-1', undefined], reminded.second]);
  });

  it('started from now on, waits where only workers from before are left, and goes on with one of now', async () => {
    const { played, mails } = await playing();
    await mocked.playWith(await patchedBundle('two-reminders'));
    // Anything that makes a worker look at it.
    await played.handle.signal(resumeSignal);
    await until('a worker from before to give it back', async () => {
      const { events } = await played.handle.fetchHistory();
      return events!.some(
        ({ workflowTaskFailedEventAttributes: failed }) =>
          failed?.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
      );
    });
    assert.deepEqual(mails, []);
    await mocked.playWith(await presentBundle());
    assert.deepEqual(await played.ended(), { outcome: 'expired' });
    assert.deepEqual(remindersOf(played), ['reminder-1', 'reminder-2', 'reminder-3']);
  });

  it('cannot be replayed by the code from before, which says so', async () => {
    const { played } = await playing();
    const history = await played.handle.fetchHistory();
    const workflowBundle = { codePath: await patchedBundle('two-reminders') };
    await assert.rejects(
      Worker.runReplayHistory({ workflowBundle }, history, played.handle.workflowId),
      DeterminismViolationError,
    );
  });

  /** A signup that waits for the click, and the reminders it is sent: which, and whether that is the last. */
  async function playing() {
    const mails: [string, boolean | undefined][] = [];
    const played = await mocked.play({
      async sendEmail({ purpose, isLast }: SendEmail) {
        if (purpose.startsWith('reminder')) mails.push([purpose, isLast]);
        return { ok: 'sent' };
      },
    });
    await played.attempted('recordNotified');
    return { played, mails };
  }
});

function remindersOf({ calls }: Played): string[] {
  return calls.flatMap((call) => /^sendEmail (reminder-\d)$/.exec(call)?.slice(1) ?? []);
}
