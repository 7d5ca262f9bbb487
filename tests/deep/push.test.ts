/** The recipe of docs/add-a-step.md, applied to a copy of the code and played: a push beside the SMS, in every style. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { skippedBecause } from '../../domain/history.ts';
import { styles, type Signup, type SignupRequest } from '../../domain/signup.ts';
import {
  beginScenario,
  historyThat,
  mailbox,
  notifiedSignup,
  uniquePhone,
  uniqueRequest,
} from '../client.ts';
import { onOwnStack } from '../own-stack.ts';
import { patchedTree } from '../patched.ts';

describe('A push beside the SMS', function () {
  this.timeout(60_000);
  onOwnStack({ tree: () => patchedTree('push') });

  for (const style of styles) {
    it(`is sent once, and recorded before the signup counts as notified, by ${style}`, async () => {
      const device = uniqueDevice();
      const phone = uniquePhone();
      const signup = await notifiedSignup(withDevice({ phone }, device));
      assert.deepEqual(signup.notified, { email: 'sent', sms: 'sent', push: 'sent' });
      assert.deepEqual(await stepsOf(signup), [
        ['openAccount', 'done', null],
        ['sendEmail welcome', 'done', null],
        ['sendSms welcome', 'done', null],
        ['sendPush welcome', 'done', null],
        ['recordNotified', 'done', null],
      ]);
      const [push, ...others] = await mailbox(device);
      assert.deepEqual(others, []);
      const { channel, purpose, signupId, text } = push as NonNullable<typeof push>;
      assert.deepEqual(
        { channel, purpose, signupId },
        { channel: 'push', purpose: 'welcome', signupId: signup.id },
      );
      assert.equal(text, (await mailbox(phone))[0]?.text);
    });

    it(`is skipped where there is no device, by ${style}`, async () => {
      const signup = await notifiedSignup(uniqueRequest(style, { phone: uniquePhone() }));
      assert.deepEqual(signup.notified, { email: 'sent', sms: 'sent', push: 'skipped' });
      const steps = await stepsOf(signup);
      assert.deepEqual(steps[3], ['sendPush welcome', 'skipped', skippedBecause.skipped]);
    });

    it(`keeps no signup from being notified where the device is gone, by ${style}`, async () => {
      const device = uniqueDevice();
      const body = { data: { status: 'error', details: { error: 'DeviceNotRegistered' } } };
      await beginScenario({ channel: 'push', to: device, stage: 'http', reply: { status: 200, body } });
      const signup = await notifiedSignup(withDevice({}, device));
      assert.deepEqual(signup.notified, { email: 'sent', sms: 'sent', push: 'undeliverable' });
      assert.deepEqual(await mailbox(device), []);
    });

    /** A request that the present code has no field for. */
    function withDevice(overrides: Partial<SignupRequest>, device: string): SignupRequest {
      return Object.assign(uniqueRequest(style, overrides), { device });
    }
  }
});

const uniqueDevice = () => `ExponentPushToken[${randomUUID()}]`;

/** The steps up to the wait for the click, once all are there: each service tells of its own. */
async function stepsOf({ id }: Signup): Promise<unknown[]> {
  const history = await historyThat('is complete', id, ({ length }) => length === 6);
  return history.slice(0, -1).map(({ step, kind, detail }) => [step, kind, detail]);
}
