/** What comes too late, by every coordinator: a step after its undo, a refusal or a welcome after the click. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { accountSteps } from '../../activities/accounts.ts';
import { styles } from '../../domain/signup.ts';
import { promises, traits, type Mechanism } from '../../domain/styles.ts';
import { inTransaction } from '../../adapters/postgres.ts';
import {
  arrival,
  click,
  clickUntilActedOn,
  linkOf,
  getSignup,
  mailbox,
  postSignup,
  postUntilAnswered,
  postUntilOpened,
  beginScenario,
  purposesOf,
  untilScenarioUsed,
  signupThat,
  startSignup,
  uniqueRequest,
  idOf,
  startedStatus,
} from '../client.ts';
import { databaseOf, untilAtRest, sendsOf } from '../inside.ts';
import { itSideBySide } from '../side-by-side.ts';
import { aboutSignup, publish } from '../wire.ts';

describe('What comes too late', () => {
  const it = itSideBySide();

  for (const style of styles) {
    describe(`by ${style}`, () => {
      it('opens no account whose undo came first, and notifies nobody', async () => {
        const request = uniqueRequest(style);
        const key = randomUUID();
        const signupId = idOf(style, key);
        await undo[traits[style].mechanism](signupId);
        for (const [time, post] of [
          ['first', postUntilOpened],
          ['repeated', postUntilAnswered],
        ] as const) {
          const { status, body } = await post(request, { key });
          assert.deepEqual([status, body.type], [409, 'urn:duet:problem:ended'], time);
          assert.match(body.detail ?? '', /closed before its account was opened/);
        }
        await untilAtRest(signupId);
        assert.deepEqual(await sendsOf(signupId), []);
        assert.deepEqual([...(await mailbox(request.email)), ...(await mailbox(request.phone!))], []);
        assert.equal((await postSignup(request)).status, startedStatus(style), 'the address is free');
      });

      if (promises(style, 'accepted-without-senders'))
        it('closes no account that was activated before the mail server said that nobody is there', async () => {
          const request = uniqueRequest(style);
          const reply = '550 5.1.1 No such user';
          const scenario = {
            channel: 'email',
            to: request.email,
            stage: 'rcpt',
            reply,
            hangMs: 8000,
            times: 1,
          };
          await beginScenario(scenario);
          const { id } = await startSignup(request);
          await untilScenarioUsed(request.email);
          // After the click it would be skipped.
          await arrival(request.phone!, 'welcome');
          assert.equal((await clickUntilActedOn(await linkOf(id))).status, 200);
          await arrival(request.email, 'activated');
          await untilAtRest(id);
          assert.equal((await getSignup(id)).status, 'activated');
          assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome'], 'no word of closing');
          assert.deepEqual(await sendsOf(id), [
            'email activated sent',
            'email welcome undeliverable',
            'sms welcome sent',
          ]);
        });

      if (promises(style, 'accepted-without-senders'))
        it('sends no welcome once the account is activated: it is skipped', async () => {
          const request = uniqueRequest(style);
          const scenario = { channel: 'email', to: request.email, stage: 'rcpt', hangMs: 9000, times: 1 };
          await beginScenario({ ...scenario, reply: '451 4.3.0 Try later' });
          const { id } = await startSignup(request);
          await untilScenarioUsed(request.email);
          assert.equal((await clickUntilActedOn(await linkOf(id))).status, 200);
          await arrival(request.email, 'activated');
          await untilAtRest(id);
          assert.ok((await sendsOf(id)).includes('email welcome skipped'));
          assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated']);
        });
    });
  }
});

describe('An event that comes too late', () => {
  it('closes no account: `email.undeliverable.welcome` after the activation', async () => {
    const request = uniqueRequest('choreography');
    const { id } = await startSignup(request);
    for (const to of [request.email, request.phone!]) await arrival(to, 'welcome');
    await click(await linkOf(id));
    await arrival(request.email, 'activated');
    await publishUndeliverable(id);
    await untilAtRest(id);
    const { status } = await signupThat('is still activated', id, ({ outcome }) => outcome !== null);
    assert.equal(status, 'activated');
    assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
  });
});

/** Each mechanism’s way to close what was never opened. */
const undo: Record<Mechanism, (signupId: string) => Promise<void>> = {
  calls: closeAsUndeliverable,
  chain: publishUndeliverable,
  workflow: closeAsUndeliverable,
};

async function closeAsUndeliverable(signupId: string): Promise<void> {
  const steps = accountSteps({ key: 'ab'.repeat(32), publicUrl: 'http://localhost' });
  const at = new Date().toISOString();
  const closing = inTransaction(databaseOf('accounts'), (transaction) =>
    steps.closeAccount(transaction, { signupId, at, reason: 'undeliverable' }),
  );
  assert.deepEqual(await closing, { ok: 'closed' });
}

/** Returns once the accounts service has taken the event. */
async function publishUndeliverable(signupId: string): Promise<void> {
  const data = {
    messageId: `${signupId}.welcome`,
    channel: 'email',
    purpose: 'welcome',
    reason: '550 5.1.1 No such user',
  } as const;
  await publish(
    aboutSignup(signupId, { type: 'message.undeliverable', data }),
    'accounts.close-undeliverable',
  );
}
