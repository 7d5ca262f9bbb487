/**
 * The process was changed while signups were under way, and processes from before run beside those of now: each signup
 * finishes by the rule that it was started with, and is reminded of nothing twice.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { findAccount } from '../../activities/accounts.ts';
import { accountsReactions } from '../../choreography/accounts.ts';
import { notificationsReactions } from '../../choreography/notifications.ts';
import { Duration } from '../../domain/duration.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { EventData } from '../../domain/events.ts';
import { reminders } from '../../domain/process.ts';
import { openClocks } from '../../coordinators/chain/fast-forward.ts';
import { specOf } from '../../tools/platform/our-processes.ts';
import type { AddedProcess } from '../../tools/platform/stack.ts';
import { deadLetters } from '../cli/command.ts';
import { arrival, mailbox, postSignup, uniqueEmail, uniqueRequest, type Letter } from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { patchedTree } from '../patched.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { aboutSignup, depthOf, publishAll } from '../wire.ts';

const byThen = { first: '25h', second: '48h', third: '72h' } as const;

describe('A signup by choreography, when the process gets a third reminder', function () {
  this.timeout(240_000);

  const added: AddedProcess[] = [];
  afterEach(async () => {
    await Promise.all(added.splice(0).map((process) => process.stop()));
    await Promise.all((['accounts', 'notifications'] as const).map((name) => theStack().release(name)));
  });

  it('gets as many as when it was started, with processes from before and of now side by side', async () => {
    const [api] = await Promise.all([before('api'), before('accounts')]);
    const signups = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const rule = index % 2 === 0 ? 'two' : 'three';
        return { rule, ...(await started(rule === 'two' ? api.url : theStack().urls.api)) };
      }),
    );
    const pass = (by: string) => Promise.all(signups.map(({ id }) => fastForward(id, by)));
    // What is due while nobody of now is there falls to those from before; afterwards to whoever comes first.
    await theStack().hold('accounts');
    await pass(byThen.first);
    await theStack().release('accounts');
    for (const by of [byThen.second, byThen.third, '24h']) await pass(by);
    for (const { rule, id, email } of signups) {
      const counted = await until(`${id} to be expired`, async () => {
        const account = await findAccount(databaseOf('accounts'), id);
        return account?.close_reason === 'expired' && account.reminders;
      });
      await untilAtRest(id);
      const expected =
        rule === 'two' ? ['reminder-1', 'reminder-2'] : ['reminder-1', 'reminder-2', 'reminder-3'];
      const mails = await mailsTo(email);
      assert.deepEqual(
        mails.map(({ purpose }) => purpose),
        ['welcome', ...expected, 'expired'],
        `${rule}, in the order of arrival`,
      );
      assert.ok(isLast(mails.at(-2)!), 'the last says so, by either rule');
      assert.equal(counted, expected.length);
    }
    const told = await versionsOf(signups.map(({ id }) => id));
    assert.deepEqual(new Set(told), new Set([1, 2]), 'processes from before and of now took part');
  });

  it('started from now on, goes on while only accounts processes from before run, and gets its third from one of now', async () => {
    const { id, email } = await started();
    const old = await before('accounts');
    await theStack().hold('accounts');
    await fastForward(id, byThen.first);
    await arrival(email, 'reminder-1');
    assert.deepEqual(await versionsOf([id]), [1], 'told by a process from before');

    await theStack().release('accounts');
    await old.stop();
    await fastForward(id, byThen.second);
    await fastForward(id, byThen.third);
    await arrival(email, 'reminder-3');
    assert.deepEqual(await versionsOf([id]), [1, 2, 2]);
    const letters = (await mailsTo(email)).filter(({ purpose }) => purpose?.startsWith('reminder'));
    assert.deepEqual(letters.map(isLast), [false, false, true]);
  });

  it('started before, finishes by its rule where no process from before is left', async () => {
    const api = await before('api');
    const { id, email } = await started(api.url);
    await api.stop();
    assert.deepEqual(await timersOf(id), [
      ['reminder-1', { times: 1 }],
      ['reminder-2', { times: 2 }],
      ['deadline', {}],
    ]);
    await fastForward(id, '8d');
    await arrival(email, 'expired');
    const [, second] = (await mailsTo(email)).filter(({ purpose }) => purpose?.startsWith('reminder'));
    assert.equal(second?.purpose, 'reminder-2');
    assert.ok(isLast(second));
    assert.deepEqual(await versionsOf([id]), [2, 2]);
  });

  it('is reminded of what waited for its next attempt since before', async () => {
    // As a process from before has written it: no word of how many there will be.
    const { id, email } = leftUnverified(1);
    const row = ['notifications.send-reminder-email', id.event, id.signup, id.envelope];
    await databaseOf('notifications').query(
      `insert into deliveries (queue, message_id, signup_id, envelope, attempts, last_error, state, due_at)
       values ($1, $2, $3, $4, 3, 'the provider was away', 'waiting', now())`,
      row,
    );
    assert.ok(isLast(await arrival(email, 'reminder-2')));
  });

  it('is told of by an event that listeners from before set aside, and those of now take back', async () => {
    const queue = 'notifications.send-reminder-email';
    await before('notifications');
    await theStack().hold('notifications');
    const { id, email } = leftUnverified(2);
    await publishAll([id.envelope]);
    await until('it to be set aside', async () => (await depthOf('notifications', `${queue}.dead`)) === 1);
    assert.deepEqual(await mailbox(email), []);

    await Promise.all(added.splice(0).map((process) => process.stop()));
    await theStack().release('notifications');
    const redriven = await deadLetters('redrive', `${queue}.dead`, '--json');
    assert.equal(redriven.code, 0, redriven.err);
    await arrival(email, 'reminder-2');
  });

  /** Starts a process of the code before the third reminder. */
  async function before(name: 'api' | 'accounts' | 'notifications'): Promise<AddedProcess> {
    const stack = theStack();
    const port = await stack.freePort(stack.portOf(name) + 1);
    const workers = join(patchedTree('two-reminders'), 'workers');
    const older = await stack.addBeside(specOf(name, port, stack.environmentOf(name), process.env, workers));
    added.push(older);
    return older;
  }
});

/** A signup that is notified, started at the given api. */
async function started(url = theStack().urls.api): Promise<{ id: string; email: string }> {
  const request = uniqueRequest('choreography');
  const { status, body } = await postSignup(request, { url });
  assert.equal(status, 202, JSON.stringify(body));
  await until(`${body.id} to be notified`, async () => {
    const account = await findAccount(databaseOf('accounts'), body.id);
    return account?.notified_at != null;
  });
  return { id: body.id, email: request.email };
}

/** By the tool itself and the row, whichever api the signup was started at. */
async function fastForward(id: string, by: string): Promise<void> {
  const clocks = openClocks(theStack().environmentOf('api')['CLOCK_DATABASE_URL']!, {
    accounts: accountsReactions,
    notifications: notificationsReactions,
  });
  try {
    assert.equal(await clocks.fastForward(id, Duration.parse(by)), 'moved');
  } finally {
    await clocks.close();
  }
}

/** Whether a reminder says that it is the last. */
function isLast({ subject }: Letter): boolean {
  return subject?.startsWith('Last reminder') ?? false;
}

/** What arrived, the oldest first. */
async function mailsTo(email: string) {
  return (await mailbox(email)).toReversed();
}

/** The event that the second reminder follows from, in a version of its data. */
function leftUnverified(version: 1 | 2) {
  const email = uniqueEmail();
  const signup = randomUUID();
  const data: EventData<'account.left-unverified'> = {
    email,
    verificationLink: 'http://any/verify/it',
    times: 2,
    of: reminders.length,
  };
  const envelope = aboutSignup(signup, { type: 'account.left-unverified', data });
  const { of: _, ...older } = data;
  const told = version === 2 ? envelope : { ...envelope, dataversion: 1, data: older };
  return { email, id: { signup, event: envelope.id, envelope: told as Envelope } };
}

/** The versions in which the accounts service told that accounts were left unverified, in the order in which it did. */
async function versionsOf(ids: readonly string[]): Promise<number[]> {
  const { rows } = await databaseOf('accounts').query<{ version: number }>(
    `select (envelope ->> 'dataversion')::int as version from outbox
     where key = 'account.left-unverified' and signup_id = any($1) order by position`,
    [ids],
  );
  return rows.map(({ version }) => version);
}

async function timersOf(id: string): Promise<[string, unknown][]> {
  const { rows } = await databaseOf('accounts').query<{ name: string; about: unknown }>(
    'select name, about from timers where signup_id = $1 order by due_at',
    [id],
  );
  return rows.map(({ name, about }) => [name, about]);
}
