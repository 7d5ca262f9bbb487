/**
 * The contract: every scenario over every coordinator that promises it, from the outside. What one does instead is in
 * `differences.test.ts`.
 */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { promises } from '../../domain/styles.ts';
import {
  arrival,
  clickUntilActedOn,
  linkOf,
  getSignup,
  historyThat,
  isAccepted,
  linkIn,
  mailbox,
  openedSignup,
  postUntilAnswered,
  postUntilOpened,
  endScenario,
  beginScenario,
  purposesOf,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { untilAtRest } from '../inside.ts';
import { itSideBySide } from '../side-by-side.ts';

describe('A signup', () => {
  const it = itSideBySide();

  for (const style of styles) {
    describe(`by ${style}`, () => {
      it('is pending at once, notified soon, and activated by the click', async () => {
        const request = uniqueRequest(style);
        const { id } = await startSignup(request);
        const started = await signupThat('is pending', id, ({ status }) => status !== 'opening');
        assert.equal(started.status, 'pending');
        assert.equal(started.outcome, null);
        assert.equal(started.email, request.email);

        const notified = await signupThat(
          'is notified',
          started.id,
          ({ notified: { email } }) => email !== null,
        );
        assert.deepEqual(notified.notified, { email: 'sent', sms: 'sent' });
        assert.equal(notified.status, 'pending');
        // Until the account is seen, a workflow says when it was asked for.
        assert.equal(Date.parse(notified.verifyBy!) - Date.parse(notified.startedAt), 7 * 24 * 3600 * 1000);

        const link = await linkIn(request.email);
        const clicked = await clickUntilActedOn(link);
        assert.equal(clicked.status, 200);
        assert.deepEqual(clicked.body, { id: started.id, status: 'activated' });
        const activated = await getSignup(started.id);
        assert.equal(activated.status, 'activated');
        assert.ok(Date.parse(activated.endedAt!) >= Date.parse(activated.startedAt));

        await arrival(request.email, 'activated');
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated', 'welcome']);
        assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
      });

      it('goes through both channels, each message marked with signup and purpose', async () => {
        const request = uniqueRequest(style);
        const { id } = await startSignup(request);
        const mail = await arrival(request.email, 'welcome');
        const sms = await arrival(request.phone!, 'welcome');
        assert.equal(mail.messageId, `${id}.welcome@duet.example`);
        assert.match(mail.text, /Hello Ada Lovelace,/);
        assert.equal(sms.messageId, `${id}.welcome.sms`);
      });

      it('needs no phone: the SMS is skipped', async () => {
        const request = uniqueRequest(style, { phone: undefined });
        const { id } = await startSignup(request);
        const { notified, phone } = await signupThat(
          'is notified',
          id,
          (signup) => signup.notified.email !== null,
        );
        assert.deepEqual(notified, { email: 'sent', sms: 'skipped' });
        assert.equal(phone, null);
      });

      it('goes on when the number is refused for good', async () => {
        const request = uniqueRequest(style);
        await beginScenario({
          channel: 'sms',
          to: request.phone,
          stage: 'http',
          reply: { status: 400, body: { code: 21211, message: 'not a valid phone number', status: 400 } },
        });
        const { id } = await startSignup(request);
        const { notified, status } = await signupThat(
          'is notified',
          id,
          (signup) => signup.notified.email !== null,
        );
        assert.deepEqual(notified, { email: 'sent', sms: 'undeliverable' });
        assert.equal(status, 'pending');
        assert.equal((await clickUntilActedOn(await linkIn(request.email))).status, 200);
      });

      it('is activated by the click while the SMS provider is down, and sends no welcome SMS after that', async () => {
        const request = uniqueRequest(style);
        await beginScenario({ channel: 'sms', to: request.phone, stage: 'http', reply: { status: 503 } });
        const { id } = await startSignup(request);
        const clicked = await clickUntilActedOn(await linkIn(request.email));
        assert.equal(clicked.status, 200);
        assert.equal((await getSignup(id)).status, 'activated');
        await arrival(request.email, 'activated');
        await endScenario(request.phone!);
        // The next attempt finds the signup activated; were the SMS to come, it would come now.
        await untilAtRest(id);
        assert.deepEqual(await mailbox(request.phone!), []);
      });

      it('refuses an address that is taken, whatever its case, by a pending or an active account', async () => {
        const request = uniqueRequest(style, { email: uniqueEmail().replace('t-', 'Taken-') });
        const { id } = await openedSignup(request);
        assert.equal(await isAccepted(uniqueRequest(style, { email: request.email.toUpperCase() })), false);
        await clickUntilActedOn(await linkOf(id));
        await signupThat('is active', id, ({ status }) => status === 'activated');
        assert.equal(await isAccepted(uniqueRequest(style, { email: request.email.toLowerCase() })), false);
      });

      it('answers a refused request that is repeated with its key as it did at first', async () => {
        const { email } = await openedSignup(uniqueRequest(style));
        const again = uniqueRequest(style, { email });
        const key = `refused-${email}`;
        assert.equal((await postUntilOpened(again, { key })).status, 409);
        assert.equal((await postUntilAnswered(again, { key })).status, 409);
      });

      it('is compensated when the address cannot be reached: account closed, address free, link gone', async () => {
        const email = uniqueEmail('undeliverable.example');
        const request = uniqueRequest(style, { email });
        const { id } = await startSignup(request);
        const closed = await signupThat('is closed', id, ({ outcome }) => outcome !== null);
        assert.equal(closed.status, 'undeliverable');
        assert.deepEqual(closed.notified, { email: null, sms: null });
        await arrival(request.phone!, 'closed');

        const clicked = await clickUntilActedOn(await linkOf(id));
        assert.equal(clicked.status, 410);
        assert.equal(clicked.body.type, 'urn:duet:problem:closed');

        assert.ok(await isAccepted(uniqueRequest(style, { email })), 'the address is free again');
        assert.deepEqual(await mailbox(email), []);
      });

      it('arrives although the provider answers 451 twice', async () => {
        const request = uniqueRequest(style);
        await beginScenario({
          channel: 'email',
          to: request.email,
          stage: 'rcpt',
          reply: '451 4.3.0 Try later',
          times: 2,
        });
        const { id } = await startSignup(request);
        const { notified } = await signupThat('is notified', id, (signup) => signup.notified.email !== null);
        assert.equal(notified.email, 'sent');
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      });

      it('stays activated when the link is clicked a second time, and says so', async () => {
        const request = uniqueRequest(style);
        await startSignup(request);
        const link = await linkIn(request.email);
        assert.equal((await clickUntilActedOn(link)).status, 200);
        await arrival(request.email, 'activated');
        const second = await clickUntilActedOn(link);
        assert.equal(second.status, 200);
        assert.equal(second.body.status, 'activated');
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated', 'welcome']);
      });

      it('does not move for a forged token', async () => {
        const request = uniqueRequest(style);
        const { id } = await startSignup(request);
        const link = await linkIn(request.email);
        const forged = `${link.slice(0, -4)}${link.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
        const clicked = await clickUntilActedOn(forged);
        assert.equal(clicked.status, 404);
        assert.equal(clicked.body.type, 'urn:duet:problem:unknown-link');
        assert.equal((await getSignup(id)).status, 'pending');
      });

      if (promises(style, 'accepted-without-senders'))
        it('honours a click that comes before the welcome mail was recorded', async () => {
          const request = uniqueRequest(style);
          await beginScenario({
            channel: 'email',
            to: request.email,
            stage: 'data',
            reply: '451 4.3.0 Try later',
          });
          const { id } = await startSignup(request);
          assert.equal((await clickUntilActedOn(await linkOf(id))).status, 200);
          assert.equal((await getSignup(id)).status, 'activated');
          // From its first attempt on, the welcome comes too late.
          await historyThat('has tried to tell of the activation', id, (rows) =>
            rows.some(({ step, kind }) => step === 'sendEmail activated' && kind === 'retrying'),
          );
          await endScenario(request.email);
          await arrival(request.email, 'activated');
          await untilAtRest(id);
          assert.deepEqual(
            purposesOf(await mailbox(request.email)),
            ['activated'],
            'the welcome was left behind',
          );
        });
    });
  }
});
