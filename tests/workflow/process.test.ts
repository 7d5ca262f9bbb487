/** The workflow alone, over mocked steps: which step it asks for when, and what it makes of the answers. */
import { strict as assert } from 'node:assert';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { openedUpdate, signupStatus, statusQuery, verifySignal } from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import { until } from '../../adapters/waiting.ts';
import { distinct, gate, startMocked, type Mocked, type Played } from './mocked.ts';

describe('The signup workflow', () => {
  let mocked: Mocked;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    mocked = await startMocked();
  });
  afterEach(() => mocked.endAll());
  after(() => mocked?.stop());

  it('opens the account, notifies by both channels, records that, and activates on the click', async () => {
    const played = await mocked.play();
    await played.attempted('recordNotified');
    await played.handle.signal(verifySignal);
    assert.deepEqual(await played.ended(), { outcome: 'activated' });
    const [first, ...others] = distinct(played.calls);
    assert.equal(first, 'openAccount');
    assert.deepEqual(others.slice(0, 2).toSorted(), ['sendEmail welcome', 'sendSms welcome']);
    assert.deepEqual(others.slice(2), ['recordNotified', 'activateAccount', 'sendEmail activated']);
  });

  it('tells each step what it needs, and the time as the workflow has it', async () => {
    const inputs: Record<string, unknown> = {};
    const { signupId, request, handle, attempted, ended } = await mocked.play(
      {
        sendEmail: async (input) => {
          inputs[input.purpose] = input;
          return { ok: 'sent' };
        },
        recordNotified: async (input) => {
          inputs['notified'] = input;
          return { ok: 'recorded' };
        },
      },
      { name: 'Ada' },
    );
    await attempted('recordNotified');
    await handle.signal(verifySignal);
    await ended();
    const person = { email: request.email, phone: request.phone, name: 'Ada' };
    const verificationLink = `http://any/verify/${signupId}`;
    assert.deepEqual(inputs['welcome'], { signupId, purpose: 'welcome', verificationLink, ...person });
    assert.deepEqual(inputs['activated'], { signupId, purpose: 'activated', ...person });
    const { at, ...notified } = inputs['notified'] as { at: string };
    assert.deepEqual(notified, { signupId, email: 'sent', sms: 'sent' });
    assert.ok(!Number.isNaN(Date.parse(at)), at);
  });

  it('ends as refused when the account cannot be opened, and asks for nothing else', async () => {
    const played = await mocked.play({
      openAccount: async () => ({ refused: 'email-taken', message: 'The address is taken.' }),
    });
    assert.deepEqual(await played.ended(), {
      outcome: 'refused',
      refused: 'email-taken',
      message: 'The address is taken.',
    });
    assert.deepEqual(distinct(played.calls), ['openAccount']);
  });

  it('records the SMS as skipped where there is no phone', async () => {
    const recorded = await recordedAs(mocked.play.bind(mocked), { phone: undefined });
    assert.deepEqual(recorded, { email: 'sent', sms: 'skipped' });
  });

  it('goes on when the SMS is refused, and records it', async () => {
    const recorded = await recordedAs((mocks, request) =>
      mocked.play(
        { ...mocks, sendSms: async () => ({ refused: 'undeliverable', message: 'No such number' }) },
        request,
      ),
    );
    assert.deepEqual(recorded, { email: 'sent', sms: 'undeliverable' });
  });

  it('waits for the click while it notifies: a click is honoured while the SMS step hangs', async () => {
    const sms = gate();
    const played = await mocked.play({
      sendSms: async () => {
        await sms.opened;
        return { ok: 'superseded' };
      },
    });
    try {
      await played.attempted('sendSms welcome');
      await played.handle.signal(verifySignal);
      await played.attempted('sendEmail activated');
      await statusOf(played, 'activated');
    } finally {
      sms.open();
    }
    assert.deepEqual(await played.ended(), { outcome: 'activated' });
    assert.ok(!played.calls.includes('recordNotified'), 'a welcome left behind is not recorded');
  });

  it('honours a click that comes before step 1 is done, once it is', async () => {
    const account = gate();
    const played = await mocked.play({
      openAccount: async ({ at }) => {
        await account.opened;
        return { ok: { openedAt: at, verifyBy: at, verificationLink: 'http://any/verify/it' } };
      },
    });
    await played.attempted('openAccount');
    await played.handle.signal(verifySignal);
    account.open();
    assert.deepEqual(await played.ended(), { outcome: 'activated' });
  });

  it('ends as cancelled when the activation is refused, and neither closes nor tells of the account', async () => {
    const played = await mocked.play({
      activateAccount: async () => ({ refused: 'closed', message: 'An operator has closed it.' }),
    });
    await played.attempted('recordNotified');
    await played.handle.signal(verifySignal);
    assert.deepEqual(await played.ended(), { outcome: 'cancelled' });
    assert.equal(await played.listedAs(), 'cancelled');
    assert.deepEqual(distinct(played.calls).slice(3), ['recordNotified', 'activateAccount']);
  });

  it('answers early: once step 1 is done, while the welcome is still under way, and every caller alike', async () => {
    const mail = gate();
    const played = await mocked.play({
      sendEmail: async ({ purpose }) => {
        if (purpose === 'welcome') await mail.opened;
        return { ok: 'sent' };
      },
    });
    try {
      const first = await played.handle.executeUpdate(openedUpdate);
      const second = await mocked.environment.client.workflow.executeUpdateWithStart(openedUpdate, {
        updateId: 'opened',
        startWorkflowOperation: new WithStartWorkflowOperation<typeof signup>('signup', {
          workflowId: played.handle.workflowId,
          taskQueue: mocked.taskQueue,
          args: [{ signupId: played.signupId, request: { ...played.request, name: 'Another' } }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
      assert.deepEqual(second, first);
      assert.deepEqual(first.request, played.request, 'it is the first request that was played');
      assert.ok('ok' in first.opening);
      assert.equal(
        Date.parse(first.opening.ok.verifyBy) - Date.parse(first.opening.ok.openedAt),
        604_800_000,
      );
      assert.ok(!played.calls.includes('recordNotified'));
    } finally {
      mail.open();
    }
  });

  it('shows its status to whoever lists or describes it, without asking a worker', async () => {
    const played = await mocked.play();
    await played.attempted('recordNotified');
    const { typedSearchAttributes, memo } = await played.handle.describe();
    assert.equal(typedSearchAttributes.get(signupStatus), 'pending');
    assert.match(String(memo?.['verifyBy']), /^\d{4}-\d\d-\d\dT/);
    await played.handle.signal(verifySignal);
    await played.ended();
    const described = await played.handle.describe();
    assert.equal(described.typedSearchAttributes.get(signupStatus), 'activated');
  });

  async function recordedAs(
    play: Mocked['play'],
    request: Parameters<Mocked['play']>[1] = {},
  ): Promise<unknown> {
    let recorded: unknown;
    const { attempted, handle, ended } = await play(
      {
        recordNotified: async ({ email, sms }) => {
          recorded = { email, sms };
          return { ok: 'recorded' };
        },
      },
      request,
    );
    await attempted('recordNotified');
    await handle.signal(verifySignal);
    assert.deepEqual(await ended(), { outcome: 'activated' });
    return recorded;
  }
});

async function statusOf({ handle }: Played, wanted: string): Promise<void> {
  await until(`status ${wanted}`, async () => {
    const { status } = await handle.query(statusQuery);
    if (status === wanted) return true;
    throw new Error(status);
  });
}
