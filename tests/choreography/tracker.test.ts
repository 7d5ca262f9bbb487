/** What the tracker notes: the same steps for every style, and nothing missing of any, whoever was away meanwhile. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Connection } from '@temporalio/client';
import { styles } from '../../domain/signup.ts';
import { promises, traits } from '../../domain/styles.ts';
import { startCatchUp } from '../../coordinators/workflow/catch-up.ts';
import {
  click,
  getSignup,
  linkOf,
  beginScenario,
  send,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

type Row = [step: string, kind: string];

const welcomed: Row[] = [
  ['openAccount', 'done'],
  ['recordNotified', 'done'],
  ['sendEmail welcome', 'done'],
  ['sendSms welcome', 'done'],
];
const activated: Row[] = [
  ['activateAccount', 'done'],
  ...welcomed.slice(0, 2),
  ['sendEmail activated', 'done'],
  ...welcomed.slice(2),
];

describe('The tracker', function () {
  this.timeout(120_000);
  const observed: string[] = [];

  for (const style of styles) {
    it(`notes the steps of a signup by ${style}, and what it has come to`, async () => {
      const request = uniqueRequest(style);
      const answered = await startSignup(request);
      const { id } = answered;
      await untilSteps(id, welcomed);
      const pending = await shownSignup(id);
      assert.deepEqual([pending?.style, pending?.status, pending?.ended_at], [style, 'pending', null]);
      assert.ok(pending?.notified_at, 'it says when the signup was notified');
      assert.equal(pending.started_at, (await getSignup(id)).startedAt);
      // An answer before step 1 is done says when the signup was asked for.
      if (answered.status !== 'opening') {
        // Where the account could not be looked up in time, the workflow says when it was started itself.
        if (traits[style].mechanism === 'workflow') assert.ok(answered.startedAt <= pending.started_at);
        else assert.equal(answered.startedAt, pending.started_at);
      }

      await click(await linkOf(id));
      await untilSteps(id, activated);
      observed.push(id);
      const ended = await shownSignup(id);
      assert.equal(ended?.status, 'activated');
      assert.ok(ended.ended_at, 'it says when the signup ended');
    });

    it(`notes the compensation of a signup by ${style}`, async () => {
      const request = uniqueRequest(style, { email: uniqueEmail('undeliverable.example') });
      const { id } = await startSignup(request);
      const compensated = (sms: string): Row[] => [
        ['closeAccount undeliverable', 'done'],
        ['openAccount', 'done'],
        ['sendEmail welcome', 'refused'],
        ['sendSms closed', 'done'],
        ['sendSms welcome', sms],
      ];
      // Where the mail is not waited for, the account may be closed before the SMS is under way.
      const smsIs = traits[style].mechanism === 'calls' ? ['done'] : ['done', 'skipped'];
      await untilSteps(id, ...smsIs.map(compensated));
      observed.push(id);
      assert.equal((await shownSignup(id))?.status, 'undeliverable');
    });

    it(`notes each fault of a signup by ${style}, with its attempt and error`, async () => {
      const request = uniqueRequest(style);
      const mail = { channel: 'email', to: request.email, stage: 'rcpt', times: 1 };
      await beginScenario({ ...mail, reply: '451 4.3.0 Try later' });
      await beginScenario({ ...mail, reply: '550 5.7.1 Not from you' });
      const { id } = await startSignup(request);
      await until(`the faults of ${id} in the feed`, async () => {
        const { rows } = await databaseOf('tracker').query(
          `select kind, attempts, detail from feed where signup_id = $1 and step = 'sendEmail welcome' order by happened_at`,
          [id],
        );
        const refused = { attempts: 2, detail: 'mail provider refused RCPT TO: 550 5.7.1 Not from you' };
        assert.deepEqual(rows, [
          { kind: 'retrying', attempts: 1, detail: 'mail provider, RCPT TO: 451 4.3.0 Try later' },
          // Where nothing is parked, the caller repeats the request, which is done then.
          ...(promises(style, 'parking')
            ? [{ kind: 'parked', ...refused }]
            : [
                { kind: 'failed', ...refused },
                { kind: 'done', attempts: 1, detail: null },
              ]),
        ]);
        return true;
      });
    });
  }

  it('notes every style while the broker is away: all of the workflow, of the chain what it did so far', async () => {
    const stack = theStack();
    await stack.hold('rabbitmq');
    try {
      const workflow = await startSignup(uniqueRequest('orchestration'));
      const chain = await startSignup(uniqueRequest('choreography'));
      await untilSteps(workflow.id, welcomed);
      await untilSteps(chain.id, [['openAccount', 'done']]);
      await click(await linkOf(workflow.id));
      await click(await linkOf(chain.id));
      await untilSteps(workflow.id, activated);
      await untilSteps(chain.id, [
        ['activateAccount', 'done'],
        ['openAccount', 'done'],
      ]);
      assert.equal((await shownSignup(chain.id))?.status, 'activated');
    } finally {
      await stack.release('rabbitmq');
      for (const name of ['accounts', 'notifications'] as const) await stack.untilReady(name);
    }
  });

  it('notes the chain, and is well, while Temporal is away', async () => {
    const stack = theStack();
    await stack.hold('temporal');
    try {
      const { id } = await startSignup(uniqueRequest('choreography'));
      await untilSteps(id, welcomed);
      const { status } = await send('GET', '/health/ready', {
        url: `http://127.0.0.1:${stack.portOf('tracker')}`,
      });
      assert.equal(status, 200);
    } finally {
      await stack.release('temporal');
      for (const name of ['accounts', 'notifications'] as const) await stack.untilReady(name);
    }
    const { id } = await startSignup(uniqueRequest('orchestration'));
    await untilSteps(id, welcomed);
  });

  it('notes the sends of workflows under way when the notifications service is killed, before what follows them', async () => {
    const stack = theStack();
    const ids: string[] = [];
    for (let count = 0; count < 12; count++) ids.push((await startSignup(uniqueRequest('orchestration'))).id);
    await stack.kill('notifications');
    for (let count = 0; count < 12; count++) ids.push((await startSignup(uniqueRequest('orchestration'))).id);
    for (const id of ids) {
      await until(`all of ${id} in the feed`, async () => {
        const steps = await feedOf(id);
        assert.deepEqual([steps[0], steps.at(-1), steps.length], ['openAccount', 'recordNotified', 4]);
        return true;
      });
    }
    observed.push(...ids);
  });

  it('reads what was not observed of a workflow as soon as what follows it is', async () => {
    const group = `g-${randomUUID()}`;
    const { id } = await startSignup(uniqueRequest('orchestration', { group }));
    await untilSteps(id, welcomed);
    const tracker = databaseOf('tracker');
    // As if all but the last had been lost with the processes that saw it.
    await theStack().hold('tracker');
    await tracker.query('delete from steps where signup_id = $1', [id]);
    await tracker.query('delete from signups where signup_id = $1', [id]);
    await tracker.query(
      `update feed set event_id = gen_random_uuid(), signup_id = gen_random_uuid() where signup_id = $1`,
      [id],
    );
    await databaseOf('notifications').query('delete from observations where signup_id = $1', [id]);
    await databaseOf('accounts').query(
      `with gone as (delete from observations where signup_id = $1 returning *)
       insert into observations (id, signup_id, style, step, kind, attempts, at)
       select id, signup_id, style, step, kind, attempts, at from gone where step = 'recordNotified'`,
      [id],
    );
    await theStack().release('tracker');
    await untilSteps(id, welcomed);
    assert.equal((await feedOf(id)).at(-1), 'recordNotified');
    assert.equal((await shownSignup(id))?.group_name, group, 'its history says with what it was started');
  });

  it('shows one end of a step whose worker was killed between its observation and its answer', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    await untilSteps(id, welcomed);
    const before = await feedOf(id);
    await databaseOf('notifications').query(
      `insert into observations (id, signup_id, style, step, kind, attempts, at)
       select gen_random_uuid(), signup_id, style, step, kind, attempts + 1, now() from observations
       where signup_id = $1 and step like '%welcome'`,
      [id],
    );
    // What is told later is read later.
    const { id: later } = await startSignup(uniqueRequest('orchestration'));
    await untilSteps(later, welcomed);
    assert.deepEqual(await feedOf(id), before);
  });

  it('reads what it is asked for soon after Temporal did not answer', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    await untilSteps(id, welcomed);
    const client = temporalClient();
    const connection = client.connection as Connection;
    const troubles: Error[] = [];
    const read: string[] = [];
    const failingFirst: Pick<Connection, 'withAbortSignal'> = {
      withAbortSignal(signal, call) {
        if (troubles.length === 0) throw new Error('not yet');
        return connection.withAbortSignal(signal, call);
      },
    };
    const catchingUp = startCatchUp({
      style: 'orchestration',
      client,
      connection: failingFirst as Connection,
      database: databaseOf('tracker'),
      note: async (observations) => void read.push(...observations.map(({ signupId }) => signupId)),
      onProblem: (error) => troubles.push(error),
      everyMs: 600_000,
    });
    try {
      await until('a pass that fails', () => troubles.length > 0);
      catchingUp.read(id);
      await until(`the history of ${id}`, () => read.includes(id));
      assert.deepEqual(
        troubles.map(({ message }) => message),
        ['not yet'],
      );
    } finally {
      await catchingUp.stop();
    }
  });

  it('keeps nothing of the histories that it has read', async () => {
    const client = temporalClient();
    const connection = client.connection as Connection;
    // The client's listeners stay on the signal of a call, with what the call has read.
    const signals: WeakRef<AbortSignal>[] = [];
    const watched: Pick<Connection, 'withAbortSignal'> = {
      withAbortSignal(signal, call) {
        signals.push(new WeakRef(signal));
        return connection.withAbortSignal(signal, call);
      },
    };
    const catchingUp = startCatchUp({
      style: 'orchestration',
      client,
      connection: watched as Connection,
      database: databaseOf('tracker'),
      note: async () => {},
      onProblem: (error) => assert.fail(error),
      everyMs: 20,
    });
    try {
      await until('some calls', () => signals.length > 20);
      await until('the first of them to be forgotten', () => {
        collectGarbage();
        // The call that opens a connection is kept as long as that is.
        return signals.slice(0, 20).filter((signal) => signal.deref()).length <= 2;
      });
    } finally {
      await catchingUp.stop();
    }
  });

  it('goes on with one service while the rows of the other cannot be read', async () => {
    const notifications = databaseOf('notifications');
    const { username: role } = new URL(theStack().addresses.database.tracker);
    await notifications.query(`revoke select on told from ${role}`);
    try {
      const { id } = await startSignup(uniqueRequest('choreography'));
      await untilSteps(id, [
        ['openAccount', 'done'],
        ['recordNotified', 'done'],
      ]);
      await notifications.query(`grant select on told to ${role}`);
      await untilSteps(id, welcomed);
    } finally {
      await notifications.query(`grant select on told to ${role}`);
    }
  });

  it('notes what is committed after what was told later, and nothing twice', async () => {
    const accounts = databaseOf('accounts');
    const signups = [randomUUID(), randomUUID()] as const;
    const insert = `insert into observations (id, signup_id, style, step, kind, attempts, at)
                    values (gen_random_uuid(), $1, 'orchestration', 'openAccount', 'done', 1, now())`;
    const slow = await accounts.connect();
    try {
      await slow.query('begin');
      // It is open for as long as the tracker takes to note what was told later.
      await slow.query('set local idle_in_transaction_session_timeout = 0');
      await slow.query(insert, [signups[0]]);
      await accounts.query(insert, [signups[1]]);
      await untilSteps(signups[1], welcomed.slice(0, 1));
      assert.deepEqual(await feedOf(signups[0]), []);
      await slow.query('commit');
      await untilSteps(signups[0], welcomed.slice(0, 1));
    } finally {
      slow.release();
    }
    await theStack().kill('tracker');
    const { id } = await startSignup(uniqueRequest('choreography'));
    await untilSteps(id, welcomed);
    const { rows } = await databaseOf('tracker').query(
      `select step, array_agg(kind || ' ' || attempts) from feed where signup_id = any($1)
       group by signup_id, step having count(*) > 1`,
      [[...observed, ...signups, id]],
    );
    assert.deepEqual(rows, []);
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** The steps of a signup in the order of the feed. */
async function feedOf(id: string): Promise<string[]> {
  const { rows } = await databaseOf('tracker').query<{ step: string }>(
    'select step from feed where signup_id = $1 order by position',
    [id],
  );
  return rows.map(({ step }) => step);
}

/** Waits until the steps of a signup are as one of `expected` says, however often each was tried. */
async function untilSteps(id: string, ...expected: Row[][]): Promise<void> {
  await until(
    `the steps of ${id} with the tracker`,
    async () => {
      const { rows } = await databaseOf('accounts').query<{ step: string; kind: string; attempts: number }>(
        'select step, kind, attempts from tracker.shown_steps where signup_id = $1 order by step collate "C"',
        [id],
      );
      assert.ok(
        rows.every(({ attempts }) => attempts >= 1),
        JSON.stringify(rows),
      );
      const seen = rows.map(({ step, kind }) => [step, kind]);
      if (expected.some((steps) => isDeepStrictEqual(seen, steps))) return true;
      throw new Error(JSON.stringify(seen));
    },
    { withinMs: 60_000 },
  );
}

type Shown = {
  style: string;
  status: string;
  started_at: string;
  notified_at: string | null;
  ended_at: string | null;
  group_name: string | null;
};

async function shownSignup(id: string): Promise<Shown | undefined> {
  const { rows } = await databaseOf('accounts').query<Shown>(
    'select * from tracker.shown_signups where signup_id = $1',
    [id],
  );
  return rows[0];
}
