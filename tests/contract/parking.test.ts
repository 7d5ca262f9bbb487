/**
 * A step that is out of attempts, at every step of every style: it shows with its last error, everything else of the signup
 * goes on, and after resume the signup ends as if nothing had been.
 */
import { strict as assert } from 'node:assert';
import type { StepName } from '../../domain/process.ts';
import type { Signup, Style } from '../../domain/signup.ts';
import {
  arrival,
  clickUntilActedOn,
  linkOf,
  getSignup,
  linkIn,
  mailbox,
  postSignup,
  endScenario,
  beginScenario,
  purposesOf,
  resume,
  signupThat,
  startSignup,
} from '../client.ts';
import { untilAtRest, sendsOf } from '../inside.ts';
import { onOwnStack, soonParked } from '../own-stack.ts';
import { itSideBySide } from '../side-by-side.ts';
import { hostOf, startProxy, type Proxy } from '../../tools/lab/proxy.ts';
import { stylesThat } from '../styles-that.ts';
import { theStack } from '../stack.ts';
import { mailFault, parkedCases, plan, smsFault, type Planned } from './parkable.ts';

describe('A step that is out of attempts', function () {
  this.timeout(120_000);
  let toMailbox: Proxy;
  before(async () => {
    toMailbox = await startProxy(() => hostOf(theStack().addresses.smtp));
  });
  onOwnStack({
    environment: soonParked,
    // With credentials, which the built-in mailbox may be told to refuse.
    processEnvironment: () => ({ SMTP_URL: `smtp://duet:secret@127.0.0.1:${toMailbox.port}` }),
  });
  after(() => toMailbox.close());

  for (const style of stylesThat('parking')) {
    describe(`by ${style}`, () => {
      const it = itSideBySide();

      for (const each of parkedCases.filter(({ only = style }) => only === style)) {
        it(`${each.step}: is parked with its last error, and done after resume`, async () => {
          const planned = plan(style, each.overrides?.());
          const { request, id } = planned;
          const mend = await each.breaks(planned);
          await postSignup(request, planned);
          await each.reach?.(planned);
          const { attempts, lastError } = await parked(id, each.step);
          assert.equal(attempts, 3);
          assert.match(lastError, each.lastError);
          assert.equal((await getSignup(id)).status, each.meanwhile);

          await mend();
          await endScenario(request.email);
          await resume(id);
          await signupThat('has nothing parked', id, (signup) => signup.parked.length === 0);
          for (const purpose of each.mails) await arrival(request.email, purpose);
          for (const purpose of each.texts) await arrival(request.phone!, purpose);
          const ended = await signupThat(`is ${each.ends}`, id, ({ status }) => status === each.ends);
          if (each.mails.includes('welcome'))
            await signupThat('is notified', id, (signup) => signup.notified.email === 'sent');
          if (ended.outcome !== null) await untilAtRest(id);
          assert.deepEqual(purposesOf(await mailbox(request.email)), each.mails);
          assert.deepEqual(purposesOf(await mailbox(request.phone!)), each.texts);
        });
      }

      it('does not keep the click: the account is activated, and the welcome skipped when it is resumed', async () => {
        const planned = plan(style);
        const { request, id } = planned;
        await mailFault(planned);
        await smsFault(planned);
        await startSignup(request, planned);
        await parked(id, 'sendEmail welcome');
        await parked(id, 'sendSms welcome');
        assert.equal((await clickUntilActedOn(await linkOf(id))).status, 200);
        assert.equal((await getSignup(id)).status, 'activated');
        // Its first attempt has noted that the signup has moved on.
        await parked(id, 'sendEmail activated');
        await endScenario(request.email);
        await endScenario(request.phone!);
        await resume(id);

        await arrival(request.email, 'activated');
        await untilAtRest(id);
        assert.deepEqual((await getSignup(id)).parked, []);
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated']);
        assert.deepEqual(await mailbox(request.phone!), []);
        assert.deepEqual(await sendsOf(id), [
          'email activated sent',
          'email welcome skipped',
          'sms welcome skipped',
        ]);
      });

      for (const reply of ['550 5.7.1 Relaying denied', '554 5.7.1 Policy']) {
        it(`is parked at the first \`${reply}\`, which is no fault of the customer’s`, async () => {
          const planned = plan(style);
          const mend = await mailFault(planned, reply);
          const { id } = await startSignup(planned.request, planned);
          const { attempts, lastError } = await parked(id, 'sendEmail welcome');
          assert.equal(attempts, 1);
          assert.match(lastError, new RegExp(reply));
          assert.equal((await getSignup(id)).status, 'pending', 'nobody’s account is closed');
          await mend();
          await resume(id);
          await arrival(planned.request.email, 'welcome');
        });
      }
    });
  }

  describe('at a provider that refuses our credentials', () => {
    type Seen = Planned & { attempts: number; lastError: string; status: Signup['status'] };
    const seen = new Map<Style, Seen>();
    after(() => endScenario('*'));

    // Refused once, to the signups of all styles.
    before(async () => {
      await beginScenario({ channel: 'email', to: '*', stage: 'auth', reply: '535 5.7.8 Refused' });
      // A connection is asked for credentials once: new ones are.
      await theStack().kill('notifications');
      await theStack().untilReady('notifications');
      await Promise.all(
        stylesThat('parking').map(async (style) => {
          const planned = plan(style);
          const { request, id } = planned;
          await startSignup(request, planned);
          const { attempts, lastError } = await parked(id, 'sendEmail welcome');
          await arrival(request.phone!, 'welcome');
          seen.set(style, { ...planned, attempts, lastError, status: (await getSignup(id)).status });
        }),
      );
      await endScenario('*');
    });

    for (const style of stylesThat('parking')) {
      it(`is parked at once by ${style}, which closes nobody’s account`, async () => {
        const { request, id, attempts, lastError, status } = seen.get(style)!;
        assert.equal(attempts, 1);
        assert.match(lastError, /535/);
        assert.equal(status, 'pending');
        await resume(id);
        assert.equal((await clickUntilActedOn(await linkIn(request.email))).status, 200);
        await arrival(request.email, 'activated');
      });
    }
  });
});

async function parked(id: string, step: StepName) {
  const { parked: all } = await signupThat(`has ${step} parked`, id, (signup) =>
    signup.parked.some((entry) => entry.step === step),
  );
  return all.find((entry) => entry.step === step)!;
}
