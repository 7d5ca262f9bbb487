/** The history of a signup by choreography while those who tell of its steps are away: the accounts service's own rows remain. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../../domain/history.ts';
import { click, linkOf, send, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

describe('The history of a signup by choreography', function () {
  this.timeout(120_000);

  afterEach(async () => {
    const { release, untilReady } = theStack();
    await Promise.all([release('tracker'), release('notifications')]);
    await Promise.all([untilReady('tracker'), untilReady('notifications')]);
  });

  it('shows what the account proves while the tracker is down, and the rest once it is back', async () => {
    await Promise.all([theStack().hold('tracker'), theStack().hold('notifications')]);
    const { id } = await startSignup(uniqueRequest('choreography'));
    assert.deepEqual(await rowsOf(id), ['openAccount done accounts', 'click waiting accounts']);
    await theStack().release('notifications');
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    await click(await linkOf(id));
    assert.deepEqual(await rowsOf(id), [
      'openAccount done accounts',
      'recordNotified done accounts',
      'click done accounts',
      'activateAccount done accounts',
    ]);
    await theStack().release('tracker');
    await until('what the tracker noted', async () => {
      assert.deepEqual(await rowsOf(id), [
        'openAccount done tracker',
        'sendEmail welcome done tracker',
        'sendSms welcome done tracker',
        'recordNotified done tracker',
        'click done accounts',
        'activateAccount done tracker',
        'sendEmail activated done tracker',
      ]);
      return true;
    });
  });

  it('shows what the accounts service has parked itself from its own row', async () => {
    await theStack().hold('notifications');
    const { id } = await startSignup(uniqueRequest('choreography'));
    const messageId = randomUUID();
    // As the inbox leaves it after the last attempt.
    await databaseOf('accounts').query(
      `insert into deliveries (queue, message_id, signup_id, envelope, state, attempts, last_error)
       values ('accounts.record-notified', $1, $2, '{}', 'parked', 150, 'deadlock detected')`,
      [messageId, id],
    );
    const { body } = await read(id);
    const parked = body.find(({ kind }) => kind === 'parked');
    assert.deepEqual(
      [parked?.step, parked?.attempts, parked?.detail, parked?.source],
      ['recordNotified', 150, 'deadlock detected', 'accounts'],
    );
    await databaseOf('accounts').query('delete from deliveries where message_id = $1', [messageId]);
  });
});

function read(id: string) {
  return send<HistoryEntry[]>('GET', `/signups/${id}/history`);
}

async function rowsOf(id: string): Promise<string[]> {
  const { status, body } = await read(id);
  assert.equal(status, 200, JSON.stringify(body));
  return body.map(({ step, kind, source }) => `${step} ${kind} ${source}`);
}
