/** What the SDK of Temporal logs, in our log. */
import { strict as assert } from 'node:assert';
import { createLog } from '../../adapters/log.ts';
import { fieldsOf } from '../../coordinators/workflow/worker.ts';

describe('A line that the SDK logs', () => {
  it('says why an activity failed', () => {
    const lines: string[] = [];
    const log = createLog('test', 'info', { write: (line) => void lines.push(line) });
    const error = new Error('mail provider, RCPT TO: 451 4.3.0 Try later');
    log.warn(fieldsOf({ error, activityType: 'sendEmail', attempt: 2 }), 'Activity failed');
    const { msg, fault, temporal } = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.deepEqual(
      { msg, fault, temporal },
      { msg: 'Activity failed', fault: error.message, temporal: { activityType: 'sendEmail', attempt: 2 } },
    );
  });

  it('says nothing of an error where there is none', () => {
    assert.deepEqual(fieldsOf(undefined), { temporal: {} });
  });
});
