/** What the workflow undoes, when and in which order: after a refusal, and when an operator cancels it. */
import { strict as assert } from 'node:assert';
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import type { Steps } from '../../domain/steps.ts';
import { verifySignal } from '../../workflows/protocol.ts';
import { until } from '../../adapters/waiting.ts';
import { accountOpened, distinct, gate, startMocked, type Mocked, type Played } from './mocked.ts';

const unreachable: Pick<Steps, 'sendEmail'> = {
  sendEmail: async () => ({ refused: 'undeliverable', message: '550 5.1.1 No such user' }),
};

describe('The signup workflow, undoing', () => {
  let mocked: Mocked;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    mocked = await startMocked();
  });
  afterEach(() => mocked.endAll());
  after(() => mocked?.stop());

  it('closes the account when the mail cannot be delivered, and then tells by SMS', async () => {
    const played = await mocked.play(unreachable);
    assert.deepEqual(await played.ended(), { outcome: 'undeliverable' });
    // The welcome SMS, which nothing waits for, may come at any time.
    const inOrder = played.calls.filter((call) => call !== 'sendSms welcome');
    assert.deepEqual(inOrder.slice(-2), ['closeAccount undeliverable', 'sendSms closed']);
    assert.ok(!played.calls.includes('recordNotified'), 'nobody was notified');
  });

  it('ends as cancelled when the account was closed by somebody else before, and does not tell of it', async () => {
    const played = await mocked.play({
      ...unreachable,
      closeAccount: async () => ({ refused: 'closed', message: 'An operator has closed it.' }),
    });
    assert.deepEqual(await played.ended(), { outcome: 'cancelled' });
    assert.equal(await played.listedAs(), 'cancelled');
    assert.ok(!played.calls.includes('sendSms closed'), played.calls.join(', '));
  });

  it('does not wait for the welcome SMS before it closes the account', async () => {
    const sms = gate();
    const played = await mocked.play({
      ...unreachable,
      sendSms: async ({ purpose }) => {
        if (purpose === 'welcome') await sms.opened;
        return { ok: 'sent' };
      },
    });
    await played.attempted('sendSms closed').finally(sms.open);
    assert.deepEqual(await played.ended(), { outcome: 'undeliverable' });
  });

  it('keeps an account that was activated before its mail turned out to be undeliverable', async () => {
    const mail = gate();
    const played = await mocked.play({
      sendEmail: async ({ purpose }) => {
        if (purpose !== 'welcome') return { ok: 'sent' };
        await mail.opened;
        return { refused: 'undeliverable', message: '550 5.1.1 No such user' };
      },
    });
    await played.attempted('sendEmail welcome');
    await played.handle.signal(verifySignal);
    await played.attempted('sendEmail activated').finally(mail.open);
    assert.deepEqual(await played.ended(), { outcome: 'activated' });
    assert.deepEqual(undosOf(played), []);
  });

  it('closes the account when it is cancelled while it waits for the click', async () => {
    const played = await mocked.play();
    await played.attempted('recordNotified');
    await played.handle.cancel();
    await endsAsCancelled(played);
    assert.deepEqual(undosOf(played), ['closeAccount cancelled']);
    assert.equal(played.calls.at(-1), 'closeAccount cancelled');
  });

  it('closes the account when it is cancelled while step 1 is under way: nobody knows whether it happens', async () => {
    const account = gate();
    const played = await mocked.play({
      openAccount: async (input) => {
        await account.opened;
        return accountOpened(input);
      },
    });
    try {
      await played.attempted('openAccount');
      await played.handle.cancel();
      await played.attempted('closeAccount cancelled');
    } finally {
      account.open();
    }
    await endsAsCancelled(played);
    assert.deepEqual(distinct(played.calls), ['openAccount', 'closeAccount cancelled']);
  });

  it('closes the account when it is cancelled while the mail is under way', async () => {
    const mail = gate();
    const played = await mocked.play({
      sendEmail: async () => {
        await mail.opened;
        return { ok: 'sent' };
      },
    });
    try {
      await played.attempted('sendEmail welcome');
      await played.handle.cancel();
      await endsAsCancelled(played);
    } finally {
      mail.open();
    }
    assert.deepEqual(undosOf(played), ['closeAccount cancelled']);
  });

  it('closes the account although that fails at first, and although it is cancelled already', async () => {
    let attempts = 0;
    const played = await mocked.play({
      closeAccount: async () => {
        if (++attempts < 3) throw new Error('the database is down');
        return { ok: 'closed' };
      },
    });
    await played.attempted('recordNotified');
    await played.handle.cancel();
    await endsAsCancelled(played);
    assert.ok(attempts >= 3, `${attempts} attempts`);
  });

  it('finishes the compensation that it is in when it is cancelled, and undoes nothing twice', async () => {
    const [closing, telling] = [gate(), gate()];
    const played = await mocked.play({
      ...unreachable,
      closeAccount: async () => {
        await closing.opened;
        return { ok: 'closed' };
      },
      sendSms: async ({ purpose }) => {
        if (purpose === 'closed') await telling.opened;
        return { ok: 'sent' };
      },
    });
    try {
      await played.attempted('closeAccount undeliverable');
      await played.handle.cancel();
      await hearsOfCancellation(played);
      closing.open();
      await endsAsCancelled(played);
    } finally {
      closing.open();
      telling.open();
    }
    assert.deepEqual(undosOf(played), ['closeAccount undeliverable']);
    assert.equal(await played.listedAs(), 'undeliverable');
  });

  it('says that it was cancelled to whoever lists signups', async () => {
    const played = await mocked.play();
    await played.attempted('recordNotified');
    await played.handle.cancel();
    await endsAsCancelled(played);
    assert.equal(await played.listedAs(), 'cancelled');
  });

  it('stays activated for whoever lists signups when it is cancelled after the click', async () => {
    const mail = gate();
    const played = await mocked.play({
      sendEmail: async ({ purpose }) => {
        if (purpose === 'activated') await mail.opened;
        return { ok: 'sent' };
      },
      closeAccount: async () => ({ refused: 'active', message: 'The account is active.' }),
    });
    try {
      await played.attempted('recordNotified');
      await played.handle.signal(verifySignal);
      await played.attempted('sendEmail activated');
      await played.handle.cancel();
      await endsAsCancelled(played);
    } finally {
      mail.open();
    }
    assert.equal(await played.listedAs(), 'activated');
  });
});

function undosOf({ calls }: Played): string[] {
  return distinct(calls.filter((call) => call.startsWith('closeAccount')));
}

/** Waits until a worker has the workflow task that holds the request to cancel. */
async function hearsOfCancellation({ handle }: Played): Promise<void> {
  await until('the workflow to hear of its cancellation', async () => {
    const { events } = await handle.fetchHistory();
    const requested = events!.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    return (
      requested >= 0 && events!.slice(requested).some((event) => event.workflowTaskStartedEventAttributes)
    );
  });
}

async function endsAsCancelled(played: Played): Promise<void> {
  await assert.rejects(played.ended(), (error) => {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    assert.ok(error.cause instanceof CancelledFailure, String(error.cause));
    return true;
  });
}
