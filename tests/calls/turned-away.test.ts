/** A caller who is gone before step 1, or comes to it again: there was no thread, its refusal took too long, its first request had ended. */
import { strict as assert } from 'node:assert';
import { accountSteps } from '../../activities/accounts.ts';
import { inTransaction } from '../../adapters/postgres.ts';
import { callsCoordinator } from '../../coordinators/calls/coordinator.ts';
import { pause } from '../../adapters/waiting.ts';
import { Exhausted, Unfinished } from '../../domain/coordinator.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import type { SignedUp } from '../../synchronous/steps.ts';
import { idOf, send, signupThat, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';

const [style] = stylesPlayedBy('calls');

describe('A signup by calls for which there is no thread', () => {
  it('leaves nothing behind', async () => {
    const id = idOf(style);
    await assert.rejects(turnedAway(id, uniqueRequest(style)), Exhausted);
    assert.equal((await send('GET', `/signups/${id}`)).status, 404);
  });

  it('leaves what an earlier request with its key has asked for', async () => {
    const id = idOf(style);
    const request = uniqueRequest(style);
    const died = () => Promise.reject(new Error('the thread died'));
    await assert.rejects(coordinator(died).start(id, request), /the thread died/);
    await assert.rejects(turnedAway(id, request), Exhausted);
    const { status, body } = await send<{ status: string }>('GET', `/signups/${id}`);
    assert.deepEqual([status, body.status], [200, 'opening']);
  });

  const turnedAway = (id: string, request: ReturnType<typeof uniqueRequest>) =>
    coordinator(() => Promise.reject(new Exhausted('all threads stand still'))).start(id, request);
});

describe('A signup by calls whose caller has left', () => {
  it('is shown as refused, once step 1 has said no', async () => {
    const id = idOf(style);
    const patienceMs = 20;
    const late = coordinator(async () => {
      await pause(10 * patienceMs);
      return { refused: 'email-taken', message: 'another account has this e-mail address' };
    }, patienceMs);
    await assert.rejects(late.start(id, uniqueRequest(style)), Unfinished);
    await signupThat('is refused', id, ({ status }) => status === 'refused');
  });
});

describe('A signup by calls that is repeated while its first request is still at work', () => {
  it('is told how that ended, where it ends before the repetition comes to step 1', async () => {
    const id = idOf(style);
    const request = uniqueRequest(style);
    const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = theStack().environmentOf('accounts');
    const { openAccount, closeAccount } = accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL });
    const at = new Date().toISOString();
    const open = () =>
      inTransaction(databaseOf('accounts'), (transaction) =>
        openAccount(transaction, { signupId: id, at, ...request }),
      );
    const started = await coordinator(async () => {
      await open();
      await inTransaction(databaseOf('accounts'), (transaction) =>
        closeAccount(transaction, { signupId: id, at, reason: 'undeliverable' }),
      );
      const second = await open();
      assert.ok('refused' in second);
      return second;
    }).start(id, request);
    assert.ok('undeliverable' in started, JSON.stringify(started));
    const { body } = await send<{ status: string }>('GET', `/signups/${id}`);
    assert.equal(body.status, 'undeliverable');
  });
});

/** One that plays a signup so, and does nothing else. */
function coordinator(signUp: () => Promise<SignedUp>, patienceMs = 10_000) {
  const none = async () => assert.fail('it is not asked for anything else');
  return callsCoordinator({
    database: databaseOf('accounts'),
    processes: { signUp, compensate: none, click: none },
    steps: { openAccount: none, sendEmail: none, sendSms: none, recordNotified: none } as never,
    door: { isUp: none } as never,
    visit: none,
    patienceMs,
  });
}
