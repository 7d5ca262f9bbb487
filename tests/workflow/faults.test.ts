/** What the workflow does with faults: tries again for about a day, parks the step, goes on without it, and resumes. */
import { strict as assert } from 'node:assert';
import { retryPolicy } from '../../domain/process.ts';
import { PermanentFault } from '../../domain/steps.ts';
import { resumeSignal, statusQuery, verifySignal } from '../../workflows/protocol.ts';
import { until } from '../../adapters/waiting.ts';
import { accountOpened, startMocked, type Mocked, type Played } from './mocked.ts';

describe('The signup workflow, when steps fault', () => {
  let mocked: Mocked;
  before(async function () {
    this.timeout(240_000); // the first time ever, the test server is fetched
    mocked = await startMocked();
  });
  afterEach(() => mocked.endAll());
  after(() => mocked?.stop());

  it('tries a step again until it succeeds', async () => {
    let attempts = 0;
    const played = await mocked.play({
      sendEmail: async ({ purpose }) => {
        if (purpose === 'welcome' && ++attempts < 4) throw new Error('451 Try later');
        return { ok: 'sent' };
      },
    });
    await passDays(played, 1, () => played.calls.includes('recordNotified'));
    assert.equal(attempts, 4);
  });

  it('parks a step that faulted 150 times in about a day, and tries it again on resume', async function () {
    this.timeout(90_000);
    let providerIsDown = true;
    const began = await mocked.environment.currentTimeMs();
    const played = await mocked.play({
      sendSms: async () => {
        if (providerIsDown) throw new Error('503 from the provider');
        return { ok: 'sent' };
      },
    });
    const entry = { step: 'sendSms welcome', attempts: 150, lastError: '503 from the provider' };
    await passDays(played, 2, async () => (await parkedOf(played)).length > 0);
    assert.deepEqual(await parkedOf(played), [entry]);
    assert.equal(attemptsAt(played, 'sendSms welcome'), retryPolicy.maximumAttempts);
    const tookHours = ((await mocked.environment.currentTimeMs()) - began) / 3_600_000;
    assert.ok(tookHours > 22 && tookHours < 26, `it took ${tookHours} h`);
    const { memo } = await played.handle.describe();
    assert.deepEqual(memo?.['parked'], [entry], 'it shows without asking a worker, too');
    assert.ok(!played.calls.includes('recordNotified'), 'the SMS is not known either way');

    providerIsDown = false;
    await played.handle.signal(resumeSignal);
    await played.attempted('recordNotified');
    assert.equal(attemptsAt(played, 'sendSms welcome'), 151);
    assert.deepEqual(await parkedOf(played), []);
  });

  it('parks a step of the accounts service in the same way', async function () {
    this.timeout(90_000);
    let databaseIsDown = true;
    const played = await mocked.play({
      openAccount: async (input) => {
        if (databaseIsDown) throw new Error('the database is down');
        return accountOpened(input);
      },
    });
    await passDays(played, 2, async () => (await parkedOf(played)).length > 0);
    // A local activity is repeated where its workflow task is lost. That none is attempted more often, `history.test.ts` reads off
    // the history.
    const attempts = attemptsAt(played, 'openAccount');
    assert.ok(attempts >= retryPolicy.maximumAttempts, `${attempts} attempts`);
    assert.deepEqual(await parkedOf(played), [
      { step: 'openAccount', attempts: 150, lastError: 'the database is down' },
    ]);
    databaseIsDown = false;
    await played.handle.signal(resumeSignal);
    await played.attempted('recordNotified');
  });

  it('parks a fault that no retry can cure at once', async () => {
    const played = await mocked.play({
      sendEmail: async () => {
        throw new PermanentFault('535 5.7.8 Credentials refused');
      },
    });
    await parkedAs(played, [
      { step: 'sendEmail welcome', attempts: 1, lastError: '535 5.7.8 Credentials refused' },
    ]);
    assert.equal(attemptsAt(played, 'sendEmail welcome'), 1);
  });

  it('keeps the compensation when its own step faults for good: parked, resumed, and only then ended', async () => {
    let attempts = 0;
    const played = await mocked.play({
      sendEmail: async () => ({ refused: 'undeliverable', message: '550 5.1.1 No such user' }),
      closeAccount: async () => {
        if (++attempts === 1) throw new PermanentFault('permission denied for table accounts');
        return { ok: 'closed' };
      },
    });
    await parkedAs(played, [
      { step: 'closeAccount undeliverable', attempts: 1, lastError: 'permission denied for table accounts' },
    ]);
    await played.handle.signal(resumeSignal);
    assert.deepEqual(await played.ended(), { outcome: 'undeliverable' });
  });

  it('parks it again when it faults again after resume', async () => {
    let attempts = 0;
    const played = await mocked.play({
      sendEmail: async () => {
        throw new PermanentFault(`refused, attempt ${++attempts}`);
      },
    });
    await parkedAs(played, [{ step: 'sendEmail welcome', attempts: 1, lastError: 'refused, attempt 1' }]);
    await played.handle.signal(resumeSignal);
    await parkedAs(played, [{ step: 'sendEmail welcome', attempts: 1, lastError: 'refused, attempt 2' }]);
  });

  it('honours the click while the welcome SMS is parked, and stays open until that is resumed', async () => {
    let regionIsRefused = true;
    const played = await mocked.play({
      sendSms: async () => {
        if (regionIsRefused) throw new PermanentFault('21408 region not enabled');
        return { ok: 'superseded' };
      },
    });
    const parked = [{ step: 'sendSms welcome', attempts: 1, lastError: '21408 region not enabled' }];
    await parkedAs(played, parked);
    await played.handle.signal(verifySignal);
    await played.attempted('sendEmail activated');
    assert.equal(await played.listedAs(), 'activated');
    await parkedAs(played, parked);
    regionIsRefused = false;
    await played.handle.signal(resumeSignal);
    assert.deepEqual(await played.ended(), { outcome: 'activated' });
  });

  it('resumes all that is parked with one signal', async () => {
    let isRefused = true;
    const refuse = () => {
      if (isRefused) throw new PermanentFault('refused');
    };
    const played = await mocked.play({
      sendEmail: async () => (refuse(), { ok: 'sent' }),
      sendSms: async () => (refuse(), { ok: 'sent' }),
    });
    await until('both to be parked', async () => (await parkedOf(played)).length === 2);
    isRefused = false;
    await played.handle.signal(resumeSignal);
    await played.attempted('recordNotified');
    assert.deepEqual(await parkedOf(played), []);
  });

  /** Lets the workflow's time pass, hour by hour, until something is so. */
  async function passDays(
    { calls }: Played,
    days: number,
    isSo: () => Promise<boolean> | boolean,
  ): Promise<void> {
    const giveUp = (await mocked.environment.currentTimeMs()) + days * 24 * 3_600_000;
    while (!(await isSo())) {
      if ((await mocked.environment.currentTimeMs()) > giveUp) {
        throw new Error(`not so after ${days} days; steps so far: ${[...new Set(calls)].join(', ')}`);
      }
      await mocked.environment.sleep('1 hour');
    }
  }
});

async function parkedOf({ handle }: Played) {
  return (await handle.query(statusQuery)).parked;
}

async function parkedAs(played: Played, wanted: Awaited<ReturnType<typeof parkedOf>>): Promise<void> {
  await until(
    'the step to be parked',
    async () => {
      assert.deepEqual(await parkedOf(played), wanted);
      return true;
    },
    { withinMs: 10_000 },
  );
}

function attemptsAt({ calls }: Played, step: string): number {
  return calls.filter((call) => call === step).length;
}
