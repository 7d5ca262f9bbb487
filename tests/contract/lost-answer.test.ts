/**
 * The one window that cannot be closed: the provider has the message, and its answer is lost. It costs one duplicate at most. And
 * the one beside it: whoever was sending is gone, and nobody knows how far it came.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../../domain/history.ts';
import { styles } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import {
  clickUntilActedOn,
  historyThat,
  idOf,
  linkIn,
  mailbox,
  beginScenario,
  untilScenarioUsed,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { untilAtRest } from '../inside.ts';
import { itSideBySide } from '../side-by-side.ts';
import { theStack } from '../stack.ts';

describe('A process that is killed while it sends', () => {
  const signups = forEachStyle((style) => ({ request: uniqueRequest(style), key: randomUUID() }));
  after(() => theStack().release('notifications'));

  // One kill for all styles, once each has a mail at the provider.
  before(async () => {
    const all = Object.values(signups);
    const scenario = {
      channel: 'email',
      stage: 'data',
      reply: '451 4.3.0 Try later',
      hangMs: 3000,
      times: 1,
    };
    await Promise.all(all.map(({ request: { email } }) => beginScenario({ ...scenario, to: email })));
    const started = Promise.all(all.map(({ request, key }) => startSignup(request, { key })));
    await Promise.all(all.map(({ request: { email } }) => untilScenarioUsed(email)));
    await theStack().hold('notifications');
    await theStack().release('notifications');
    await started;
  });

  for (const style of styles) {
    it(`is waited for by whoever takes over, until its claim has run out, by ${style}; that is no attempt`, async () => {
      const { request, key } = signups[style];
      const id = idOf(style, key);
      await signupThat('is notified', id, (signup) => signup.notified.email !== null);
      assert.equal((await mailbox(request.email)).length, 1);
      const isDone = ({ step, kind }: HistoryEntry) => step === 'sendEmail welcome' && kind === 'done';
      const history = await historyThat('has the welcome', id, (rows) => rows.some(isDone));
      const { attempts } = history.find(isDone)!;
      assert.ok(attempts <= 2, `it took ${attempts} attempts`);
    });
  }
});

describe('A provider’s answer that is lost', () => {
  const it = itSideBySide();

  for (const style of styles) {
    describe(`by ${style}`, () => {
      for (const [what, scenario] of [
        ['mail', { channel: 'email', stage: 'data' }],
        ['SMS', { channel: 'sms', stage: 'http' }],
      ] as const) {
        it(`costs one duplicate of the ${what} at most, which can be told by its id`, async () => {
          const request = uniqueRequest(style);
          const to = what === 'mail' ? request.email : request.phone!;
          await beginScenario({ ...scenario, to, dropAfterAccept: true, times: 1 });
          const { id } = await startSignup(request);
          const { notified } = await signupThat(
            'is notified',
            id,
            (signup) => signup.notified.email !== null,
          );
          assert.deepEqual(notified, { email: 'sent', sms: 'sent' });
          const letters = await mailbox(to);
          assert.deepEqual(
            letters.map(({ purpose }) => purpose),
            ['welcome', 'welcome'],
            'it was sent again',
          );
          assert.equal(new Set(letters.map(({ messageId }) => messageId)).size, 1);

          assert.equal((await clickUntilActedOn(await linkIn(request.email))).status, 200);
          await signupThat('is activated', id, ({ status }) => status === 'activated');
          await untilAtRest(id);
          assert.equal((await mailbox(request.email)).length, what === 'mail' ? 3 : 2);
          assert.equal((await mailbox(request.phone!)).length, what === 'mail' ? 1 : 2);
        });
      }
    });
  }
});
