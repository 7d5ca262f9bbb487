/** A caller for whom there was no thread: nothing was done, and nothing is left of it. */
import { strict as assert } from 'node:assert';
import { callsCoordinator } from '../../coordinators/calls/coordinator.ts';
import { Exhausted } from '../../domain/coordinator.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import { idOf, send, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';

describe('A signup by calls for which there is no thread', () => {
  const [style] = stylesPlayedBy('calls');

  it('leaves nothing behind', async () => {
    const id = idOf(style);
    await assert.rejects(turnedAway(id, uniqueRequest(style)), Exhausted);
    assert.equal((await send('GET', `/signups/${id}`)).status, 404);
  });

  it('leaves what an earlier request with its key has asked for', async () => {
    const id = idOf(style);
    const request = uniqueRequest(style);
    await assert.rejects(coordinator(new Error('the thread died')).start(id, request), /the thread died/);
    await assert.rejects(turnedAway(id, request), Exhausted);
    const { status, body } = await send<{ status: string }>('GET', `/signups/${id}`);
    assert.deepEqual([status, body.status], [200, 'opening']);
  });

  const turnedAway = (id: string, request: ReturnType<typeof uniqueRequest>) =>
    coordinator(new Exhausted('all threads stand still')).start(id, request);

  /** One whose processes all end with that. */
  function coordinator(fault: Error) {
    const none = async () => assert.fail('it is not asked for anything else');
    return callsCoordinator({
      database: databaseOf('accounts'),
      processes: { signUp: () => Promise.reject(fault), compensate: none, click: none },
      steps: { openAccount: none, sendEmail: none, sendSms: none, recordNotified: none } as never,
      door: { isUp: none } as never,
      visit: none,
      patienceMs: 10_000,
    });
  }
});
