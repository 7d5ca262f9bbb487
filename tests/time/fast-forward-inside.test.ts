/**
 * What the server's time skipping does with our workflow, seen from inside: how far a jump goes, what it waits for, what it leaves
 * behind. The days themselves, over every coordinator, are in `fast-forward-days.test.ts`.
 */
import { strict as assert } from 'node:assert';
import type { Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { HistoryEntry } from '../../domain/history.ts';
import type { Signup } from '../../domain/signup.ts';
import type { Observation } from '../../domain/tracked.ts';
import { startCatchUp } from '../../coordinators/workflow/catch-up.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { fastForwardWorkflow, type Limits } from '../../coordinators/workflow/fast-forward.ts';
import type { SignupStart } from '../../workflows/protocol.ts';
import type { signup } from '../../workflows/signup.ts';
import {
  notifiedSignup,
  endScenario,
  beginScenario,
  resume,
  send,
  signupThat,
  startSignup,
  uniqueRequest,
  idOf,
} from '../client.ts';
import { databaseOf, faultAtAccount, temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { untilReminded } from './moving.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('The clock of a signup by workflow', function () {
  this.timeout(120_000);
  afterEach(() => theStack().release('notifications'));

  it('is moved by exactly what was asked for, and runs on from there', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    const spans = [90_000, dayMs, 2 * dayMs];
    for (const byMs of spans) {
      assert.equal(await move(id, byMs), 'moved');
      const { fromMs, toMs } = (await jumpsOf(id)).at(-1)!;
      assert.ok(Math.abs(toMs - fromMs - byMs) <= 1, `it was moved by ${toMs - fromMs} ms, not by ${byMs}`);
    }
    const aheadMs = (await timeOf(id)) - Date.now();
    const allMs = spans.reduce((sum, byMs) => sum + byMs);
    assert.ok(aheadMs <= allMs && aheadMs > allMs - 30_000, `it is ${aheadMs} ms ahead`);
    await untilReminded(id, 2);
  });

  it('is moved on where the server has stopped after as many skips as it allows at once', async () => {
    const { email, id } = await withMailDown();
    assert.equal(await move(id, hourMs, { skipsAtOnce: 3 }), 'moved');
    const jumps = await jumpsOf(id);
    assert.ok(jumps.length > 3, `it took ${jumps.length} jumps`);
    const movedMs = (await timeOf(id)) - jumps[0]!.fromMs;
    assert.ok(movedMs >= hourMs && movedMs < hourMs + 30_000, `it was moved by ${movedMs} ms`);
    await endScenario(email);
  });

  it('is moved by both where two api processes are asked at once, one after the other', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    const other = await theStack().add('api');
    try {
      const urls = [theStack().urls.api, other.url];
      const answers = await Promise.all(
        urls.map((url) => send('POST', `/signups/${id}/fast-forward`, { body: { by: '60h' }, url })),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      );
    } finally {
      await other.stop();
    }
    const [first, second, ...more] = await jumpsOf(id);
    assert.deepEqual(more, []);
    for (const { fromMs, toMs } of [first!, second!]) assert.ok(Math.abs(toMs - fromMs - 60 * hourMs) <= 1);
    assert.ok(second!.fromMs >= first!.toMs, 'the second began where the first had come to');
    await untilReminded(id, 2);
  });

  it('has come to rest when the answer comes, also where a step takes longer than the time that is to pass', async () => {
    const { email, id } = await sleeping();
    await move(id, dayMs - 2000);
    await beginScenario({ channel: 'email', to: email, stage: 'data', hangMs: 4000, times: 1 });
    assert.equal(await move(id, 3000), 'moved');
    await untilReminded(id, 1);
  });

  it('stands still once the wait for a service was given up, and what was due happens when that is back', async () => {
    const { id } = await sleeping();
    await theStack().hold('notifications');
    const came = await move(id, 6 * dayMs, { restsWithinMs: 10_000 });
    assert.ok(typeof came === 'object' && 'underWay' in came, JSON.stringify(came));
    assert.equal(came.underWay, 'sendEmail reminder-1 waits for a worker');
    assert.ok(came.movedMs > dayMs - 30_000 && came.movedMs < dayMs + 30_000, `moved by ${came.movedMs} ms`);
    await theStack().release('notifications');
    await untilReminded(id, 1);
    const aheadMs = (await timeOf(id)) - Date.now();
    assert.ok(aheadMs < dayMs, 'nothing has jumped since');
  });

  it('brings a short write to the end of its attempts as well, and resume goes on from there', async () => {
    const signupId = idOf('orchestration');
    const mend = await faultAtAccount(signupId, 'new.notified_at is not null');
    const retry = { firstRetryAfterMs: 1000, backoffCoefficient: 2, maximumRetryAfterMs: 600_000 };
    await startWorkflow({ signupId, retry: { ...retry, maximumAttempts: 12 } });
    await signupThat('is open', signupId, ({ status }) => status === 'pending');
    assert.equal(await move(signupId, hourMs), 'moved');
    const parked = { step: 'recordNotified', attempts: 12, lastError: 'this account is broken' };
    const { parked: shown } = await signupThat('is parked', signupId, (signup) => signup.parked.length > 0);
    assert.deepEqual(shown, [parked]);
    await mend();
    await resume(signupId);
    await signupThat('is notified', signupId, ({ notified }) => notified.email === 'sent');
    assert.equal(await move(signupId, dayMs), 'moved');
    await untilReminded(signupId, 1);
  });

  it('shows in the feed and in the history: each attempt has the time of the signup', async () => {
    const { email, id } = await withMailDown();
    await move(id, hourMs);
    const shown = await until('the history to be told', async () => {
      const { status, body } = await send<HistoryEntry[]>('GET', `/signups/${id}/history`);
      return status === 200 && body.find(({ step }) => step === 'sendEmail welcome');
    });
    assert.equal(shown.kind, 'retrying');
    const endsAt = await timeOf(id);
    const beforeMs = endsAt - Date.parse(shown.at);
    assert.ok(beforeMs > 0 && beforeMs < 11 * 60_000, `the last attempt was ${beforeMs} ms before`);

    const observedAt = await until('all attempts to be observed', async () => {
      const { rows } = await databaseOf('tracker').query<{ happened_at: string }>(
        `select happened_at from feed where signup_id = $1 and step = 'sendEmail welcome' order by attempts`,
        [id],
      );
      return rows.length === shown.attempts && rows.map(({ happened_at: at }) => Date.parse(at));
    });
    assert.deepEqual(
      observedAt,
      observedAt.toSorted((one, other) => one - other),
    );
    const apartMs = observedAt.at(-1)! - Date.parse(shown.at);
    assert.ok(Math.abs(apartMs) < 30_000, `feed and history are ${apartMs} ms apart`);
    await endScenario(email);
  });

  it('may end it in the future: the tracker catches up on it all the same, once', async () => {
    const { id } = await sleeping();
    assert.equal(await move(id, 30 * dayMs), 'moved');
    assert.equal(await move(id, hourMs), 'ended');
    const noted: Observation[] = [];
    let passes = 0;
    const client = temporalClient();
    await until('its end to be listed', async () => {
      for await (const { closeTime } of client.workflow.list({ query: `WorkflowId = '${workflowId(id)}'` }))
        return closeTime !== undefined;
      return false;
    });
    const counting = {
      query: (...asked: unknown[]) => {
        if (JSON.stringify(asked).includes('note-caught-up')) passes++;
        return (databaseOf('tracker').query as (...asked: unknown[]) => unknown)(...asked);
      },
    };
    const catchingUp = startCatchUp({
      style: 'orchestration',
      client,
      connection: client.connection as Connection,
      everyMs: 50,
      database: counting as never,
      note: async (all) => noted.push(...all.filter(({ signupId }) => signupId === id)),
      onProblem: () => {},
    });
    try {
      await until('some passes', () => passes > 4);
    } finally {
      await catchingUp.stop();
    }
    const steps = noted.map(({ step }) => step);
    assert.ok(steps.includes('sendEmail expired'), steps.join(', '));
    assert.equal(new Set(steps).size, steps.length, 'nothing is read twice');
  });
});

/** As the edge does it, without its turns. */
function move(id: string, byMs: number, limits: Limits = {}) {
  return fastForwardWorkflow({ client: temporalClient() }, workflowId(id), byMs, limits);
}

/** A signup whose welcome is over: nothing of it is at work. */
function sleeping(): Promise<Signup> {
  return notifiedSignup(uniqueRequest('orchestration'));
}

async function withMailDown(): Promise<Signup> {
  const request = uniqueRequest('orchestration');
  await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply: '451 4.3.0 Down' });
  return startSignup(request);
}

async function startWorkflow(start: Omit<SignupStart, 'request'>): Promise<void> {
  const request = uniqueRequest('orchestration');
  await temporalClient().workflow.start<typeof signup>('signup', {
    workflowId: workflowId(start.signupId),
    taskQueue: 'accounts',
    args: [{ ...start, request }],
    memo: { request },
  });
}

/** The time of a signup, by its server. */
async function timeOf(id: string): Promise<number> {
  const { raw } = await temporalClient().workflow.getHandle(workflowId(id)).describe();
  return tsToMs(raw.workflowExtendedInfo!.timeSkippingInfo!.currentTime);
}

/** Each jump that was asked for: the time of the signup when it began, and when the last of its skips was over. */
async function jumpsOf(id: string): Promise<{ fromMs: number; toMs: number }[]> {
  const { events } = await temporalClient().workflow.getHandle(workflowId(id)).fetchHistory();
  const jumps: { fromMs: number; toMs: number }[] = [];
  for (const event of events!) {
    const { workflowExecutionOptionsUpdatedEventAttributes: update } = event;
    const { workflowExecutionTimeSkippingTransitionedEventAttributes: skip } = event;
    if (update?.timeSkippingConfig?.fastForwardConfig) {
      jumps.push({ fromMs: tsToMs(event.eventTime), toMs: tsToMs(event.eventTime) });
    }
    if (skip) jumps.at(-1)!.toMs = tsToMs(skip.targetTime ?? event.eventTime);
  }
  return jumps;
}
