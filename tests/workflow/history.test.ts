/** The history of a workflow, where there is no chain to lay beside it: what is pending, cancelled, terminated, parked for good. */
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import type { HistoryEntry } from '../../domain/history.ts';
import type { SignupRequest } from '../../domain/signup.ts';
import { readEvents } from '../../coordinators/workflow/history-events.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { resumeSignal, type SignupStart } from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import {
  holdAtProvider,
  postUntilAnswered,
  endScenario,
  beginScenario,
  send,
  startSignup,
  uniqueEmail,
  uniqueRequest,
  idOf,
} from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

const { History } = proto.temporal.api.history.v1;

describe('The history of a signup by workflow', function () {
  this.timeout(120_000);

  afterEach(async () => {
    const { release } = theStack();
    await Promise.all([release('notifications'), release('accounts')]);
  });

  it('shows an attempt that is under way', async () => {
    const request = uniqueRequest('orchestration');
    const letGo = await holdAtProvider({ channel: 'sms', to: request.phone!, stage: 'http' });
    const { id } = await startSignup(request);
    const sms = await rowThat(id, 'sendSms welcome', ({ source, attempts }) => {
      return source === 'pending' && attempts === 1;
    });
    assert.deepEqual([sms.kind, sms.attempts, sms.detail], ['running', 1, null]);
    await letGo();
    await rowThat(id, 'sendSms welcome', ({ kind }) => kind === 'done');
  });

  it('shows that no worker has taken a step yet, which is no attempt', async () => {
    await theStack().hold('notifications');
    // The server may still give a step to the worker that was killed, once for each time that it asked for one.
    const mail = await until('a step that nobody has', async () => {
      const { id } = await startSignup(uniqueRequest('orchestration'));
      const row = await rowThat(id, 'sendEmail welcome', ({ source }) => source === 'pending');
      return row.attempts === 0 && { id, ...row };
    });
    assert.deepEqual([mail.kind, mail.detail], ['running', 'no worker has taken it yet']);
    await theStack().release('notifications');
    await rowThat(mail.id, 'sendEmail welcome', ({ kind }) => kind === 'done');
  });

  it('shows step 1 while no worker of the accounts service runs', async () => {
    await theStack().hold('accounts');
    const { body } = await postUntilAnswered(uniqueRequest('orchestration'));
    await historyBecomes(body.id, [['openAccount', 'running', 0, null]]);
    await theStack().release('accounts');
    await rowThat(body.id, 'click', ({ kind }) => kind === 'waiting');
  });

  it('shows the last error of steps that have used up their attempts, and the feed the ones before', async () => {
    const request = uniqueRequest('orchestration');
    const reply = '451 4.3.0 Try later';
    await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply });
    const id = await startWithTwoAttempts(request);
    const fault = `mail provider, RCPT TO: ${reply}`;
    const parked = await rowThat(id, 'sendEmail welcome', ({ kind }) => kind === 'parked');
    assert.deepEqual([parked.attempts, parked.detail], [2, fault]);
    await observed(id, 'sendEmail welcome', ['retrying 1', 'parked 2']);

    await endScenario(request.email);
    await temporalClient().workflow.getHandle(workflowId(id)).signal(resumeSignal);
    await rowThat(id, 'sendEmail welcome', ({ kind, attempts }) => kind === 'done' && attempts === 1);
    await observed(id, 'sendEmail welcome', ['retrying 1', 'parked 2', 'done 1']);
  });

  it('shows a short write that has used up its attempts in the same way, and that it was left behind', async () => {
    // No account is without an address: the database refuses it, which is a fault, since the edge would never ask for it.
    const id = await startWithTwoAttempts({ style: 'orchestration' } as SignupRequest);
    const parked = await rowThat(id, 'openAccount', ({ kind }) => kind === 'parked');
    assert.equal(parked.attempts, 2);
    assert.match(parked.detail ?? '', /violates check constraint/);
    await observed(id, 'openAccount', ['retrying 1', 'parked 2']);

    await temporalClient().workflow.getHandle(workflowId(id)).cancel();
    await historyBecomes(id, [
      ['openAccount', 'skipped', 2, 'the signup was cancelled'],
      ['closeAccount cancelled', 'done', 1, null],
    ]);
  });

  it('shows what a cancelled signup has left behind, and its compensation', async () => {
    const request = uniqueRequest('orchestration');
    await beginScenario({ channel: 'sms', to: request.phone, stage: 'http', reply: { status: 503 } });
    const { id } = await startSignup(request);
    await rowThat(id, 'sendEmail welcome', ({ kind }) => kind === 'done');
    await rowThat(id, 'sendSms welcome', ({ kind }) => kind === 'retrying');
    await temporalClient().workflow.getHandle(workflowId(id)).cancel();
    await until('the end of the workflow', async () => (await read(id)).some(isClosed));
    const history = shown(await read(id)).map(([step, kind, , detail]) => [step, kind, detail]);
    assert.deepEqual(history, [
      ['openAccount', 'done', null],
      ['sendEmail welcome', 'done', null],
      ['sendSms welcome', 'skipped', 'the signup was cancelled'],
      ['click', 'skipped', 'the account was closed: cancelled'],
      ['closeAccount cancelled', 'done', null],
    ]);
  });

  it('shows that a workflow was terminated, which compensates nothing', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    await rowThat(id, 'recordNotified', ({ kind }) => kind === 'done');
    await temporalClient().workflow.getHandle(workflowId(id)).terminate();
    const click = await rowThat(id, 'click', ({ kind }) => kind !== 'waiting');
    assert.deepEqual([click.kind, click.detail], ['skipped', 'the workflow was terminated']);
  });
});

describe('The Temporal UI', () => {
  it('shows whose run it is without the address, and what its timers wait for', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    const handle = temporalClient().workflow.getHandle(workflowId(id));
    assert.match((await (await handle.describe()).staticSummary()) ?? '', /^sign up \S\*{3}@\S\*{3}$/);
    const timers = await until('the wait for the click', async () => {
      const { events } = await handle.fetchHistory();
      const started = events!.filter(({ timerStartedEventAttributes: timer }) => timer);
      return started.length > 0 && started;
    });
    assert.deepEqual(
      timers.map(({ userMetadata }) => defaultPayloadConverter.fromPayload(userMetadata!.summary!)),
      ['reminder-1'],
    );
  });

  it('finds a run that was compensated by the query of the tour', async () => {
    const tour = readFileSync(new URL('../../docs/tour.md', import.meta.url), 'utf8');
    const [, query = ''] = /temporal workflow list --query '(SignupStatus IN [^']+)'/.exec(tour) ?? [];
    const { id } = await startSignup(
      uniqueRequest('orchestration', { email: uniqueEmail('undeliverable.example') }),
    );
    await until(`${id} among what was compensated`, async () => {
      for await (const listed of temporalClient().workflow.list({ query }))
        if (listed.workflowId === workflowId(id)) return true;
      return false;
    });
  }).timeout(60_000);
});

describe('The history of a workflow of either shape', () => {
  const folder = new URL('histories/', import.meta.url);
  const ends: Record<string, string> = {
    activated: 'sendEmail activated done',
    undeliverable: 'sendSms closed done',
    refused: 'openAccount refused',
    expired: 'sendEmail expired done',
    pending: 'sendEmail reminder-1 done',
  };

  for (const file of readdirSync(folder).toSorted()) {
    it(`can be read: ${file}`, () => {
      const recorded = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
      // As it comes over the wire: with numbers of 64 bits.
      const { events } = History.decode(History.encode(recorded).finish());
      const { steps, ended } = readEvents(events);
      const [, outcome] = /-reminders-([a-z]+)/.exec(file)!;
      assert.equal(ended === undefined, outcome === 'pending');
      const { step, kind } = steps.at(-1)!;
      assert.equal(`${step} ${kind}`, ends[outcome!]);
      assert.deepEqual([...new Set(steps.map(({ attempts }) => attempts))], [1]);
    });
  }
});

/** As the api starts one, but with two attempts per step. */
async function startWithTwoAttempts(request: SignupRequest): Promise<string> {
  const signupId = idOf('orchestration');
  const retry = { firstRetryAfterMs: 50, backoffCoefficient: 1, maximumRetryAfterMs: 50, maximumAttempts: 2 };
  const start: SignupStart = { signupId, request, retry };
  await temporalClient().workflow.start<typeof signup>('signup', {
    workflowId: workflowId(signupId),
    taskQueue: 'accounts',
    args: [start],
    workflowTaskTimeout: '5 seconds',
  });
  return signupId;
}

async function read(id: string): Promise<HistoryEntry[]> {
  const { status, body } = await send<HistoryEntry[]>('GET', `/signups/${id}/history`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

function shown(history: readonly HistoryEntry[]) {
  return history.map(({ step, kind, attempts, detail }) => [step, kind, attempts, detail]);
}

const isClosed = ({ step, kind }: HistoryEntry) => step === 'click' && kind === 'skipped';

function rowThat(id: string, step: string, isSo: (row: HistoryEntry) => boolean): Promise<HistoryEntry> {
  return until(`the row of ${step} in the history of ${id}`, async () => {
    const history = await read(id);
    const row = history.find((one) => one.step === step && isSo(one));
    if (row) return row;
    throw new Error(JSON.stringify(history));
  });
}

async function historyBecomes(id: string, expected: unknown[][]): Promise<void> {
  await until(`the history of ${id}`, async () => {
    assert.deepEqual(shown(await read(id)), expected);
    return true;
  });
}

/** What the tracker was told of a step: kind and attempt. */
async function observed(id: string, step: string, expected: string[]): Promise<void> {
  await until(`what was observed of ${step} of ${id}`, async () => {
    const { rows } = await databaseOf('tracker').query<{ seen: string }>(
      `select kind || ' ' || attempts as seen from feed where signup_id = $1 and step = $2`,
      [id, step],
    );
    assert.deepEqual(new Set(rows.map(({ seen }) => seen)), new Set(expected));
    return true;
  });
}
