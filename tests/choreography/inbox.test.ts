/** A delivery that can be neither done nor postponed: its rows cannot be written, while the database is well. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mailbox, beginScenario, signupThat, startSignup, uniqueEmail, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { aboutSignup, publishAll } from '../wire.ts';

describe('A delivery of which nothing can be written', () => {
  it('goes back to the broker, and is done once it can', async () => {
    const request = uniqueRequest('choreography');
    await using refusing = await refuseOutcomes('insert or update of state');
    const { id } = await startSignup(request);
    await refusing.times(2);
    await refusing.mend();
    await assertNotifiedOnce(id, request.email);
  }).timeout(60_000);

  it('is claimed again where it was postponed before', async () => {
    const request = uniqueRequest('choreography');
    await beginScenario({
      channel: 'email',
      to: request.email,
      stage: 'rcpt',
      reply: '451 4.3.0 Later',
      times: 1,
    });
    // The first attempt inserts its row, which says that it waits; what comes of the next ones updates that.
    await using refusing = await refuseOutcomes('update of state');
    const { id } = await startSignup(request);
    await until('the welcome to wait', async () => {
      const { rows } = await databaseOf('notifications').query(
        `select from deliveries where signup_id = $1 and state = 'waiting'`,
        [id],
      );
      return rows.length === 1;
    });
    await refusing.times(2);
    await refusing.mend();
    await assertNotifiedOnce(id, request.email);
  }).timeout(60_000);
});

describe('A fault', () => {
  it('whose text holds what Postgres takes in none is noted without it', async () => {
    const request = uniqueRequest('choreography');
    const reply = { status: 503, body: { code: 20503, message: 'Try\0 later' } };
    await beginScenario({ channel: 'sms', to: request.phone, stage: 'http', reply, times: 1 });
    const { id } = await startSignup(request);
    await signupThat('is notified', id, ({ notified }) => notified.sms === 'sent');
    const { rows } = await databaseOf('notifications').query<{ detail: string }>(
      'select detail from observations where signup_id = $1',
      [id],
    );
    assert.deepEqual(
      rows.map(({ detail }) => detail),
      ['SMS provider answered 503: Try later'],
    );
  }).timeout(60_000);
});

describe('A message that comes twice at a time', () => {
  it('is one attempt, and no fault', async () => {
    const email = uniqueEmail();
    await beginScenario({ channel: 'email', to: email, stage: 'data', hangMs: 1500, times: 1 });
    const opened = aboutSignup(randomUUID(), { type: 'account.activated', data: { email } });
    await publishAll([opened, opened]);
    await until('the message to be done with', async () => {
      const { rows } = await databaseOf('notifications').query<{ attempts: number }>(
        `select attempts from deliveries where message_id = $1 and state = 'done'`,
        [opened.id],
      );
      return rows.length === 1;
    });
    assert.equal((await mailbox(email)).length, 1, 'one mail');
    const { rows: seen } = await databaseOf('notifications').query(
      'select kind from observations where signup_id = $1',
      [opened.subject],
    );
    assert.deepEqual(seen, [], 'nothing is tried again');
  }).timeout(60_000);
});

async function assertNotifiedOnce(id: string, email: string): Promise<void> {
  await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
  assert.equal((await mailbox(email)).length, 1, 'one mail');
}

/** Refuses to note outcomes of welcome mails by these operations on a delivery, and counts how often that is tried. */
async function refuseOutcomes(operations: 'insert or update of state' | 'update of state') {
  const database = databaseOf('notifications');
  const name = `refuse_${randomUUID().replaceAll('-', '_')}`;
  // A sequence counts what is rolled back, too.
  await database.query(`create sequence ${name}`);
  await database.query(
    `create function ${name}() returns trigger language plpgsql as
     $$ begin perform nextval('${name}'); raise exception 'nothing of this can be written'; end $$`,
  );
  // A claim is no outcome: it leaves the state as it is.
  await database.query(
    `create trigger ${name} before ${operations} on deliveries for each row
     when (new.queue = 'notifications.send-welcome-email') execute function ${name}()`,
  );
  const mend = async () => {
    await database.query(`drop function if exists ${name} cascade`);
    await database.query(`drop sequence if exists ${name}`);
  };
  return {
    mend,
    times: (count: number) =>
      until(`${count} attempts to write`, async () => {
        const { rows } = await database.query<{ times: number }>(
          `select case when is_called then last_value::int else 0 end as times from ${name}`,
        );
        return rows[0]!.times >= count;
      }),
    [Symbol.asyncDispose]: mend,
  };
}
