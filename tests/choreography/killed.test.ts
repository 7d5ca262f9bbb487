/** Processes killed at the worst moment: an event is published or delivered again, and takes effect once. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { accountSteps } from '../../activities/accounts.ts';
import { openSignup } from '../../choreography/accounts.ts';
import { inTellingTransaction, tell } from '../../messaging/outbox.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { eventExchange } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { idOf, mailbox, signupThat, uniqueEmail, uniqueRequest } from '../client.ts';
import { databaseOf, untilAtRest, sendsOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { aboutSignup, depthOf, publishAll, withBroker } from '../wire.ts';

describe('A process that is killed', function () {
  this.timeout(120_000);

  afterEach(async () => {
    for (const name of ['api', 'accounts', 'notifications'] as const) await theStack().release(name);
  });

  it('between the broker’s confirm and its note of it: the event is published again, and takes effect once', async () => {
    const stack = theStack();
    // Nobody else relays what the accounts service tells.
    await Promise.all([stack.hold('api'), stack.hold('accounts')]);
    const request = uniqueRequest('choreography');
    const id = await openedWithoutRelay(request);
    const { VERIFICATION_KEY: _, ...environment } = stack.environmentOf('accounts');

    await copiesOfOpened(id, async (copies) => {
      await diesByItself('dies-after-confirm.ts', environment);
      await until('the first copy on the wire', () => copies.length === 1);
      assert.deepEqual(await sentAt(id), [null], 'it is not known to be sent');
      await until('the first copy to take effect', async () =>
        (await sendsOf(id)).includes('email welcome sent'),
      );

      await Promise.all([stack.release('api'), stack.release('accounts')]);
      await signupThat('is notified', id, ({ notified }) => notified.email !== null);
      await until('a second copy on the wire', () => copies.length > 1);
      assert.equal(new Set(copies).size, 1, 'all are the same event');
    });
    await untilAtRest(id);
    assert.equal((await mailbox(request.email)).length, 1);
    assert.equal((await mailbox(request.phone!)).length, 1);
    assert.ok(!(await sentAt(id)).includes(null));
  });

  it('between the commit and the acknowledgement: the event is delivered again, and takes effect once', async () => {
    const stack = theStack();
    await stack.hold('notifications');
    const email = uniqueEmail();
    const queue = 'notifications.send-activated-email';
    const envelope = aboutSignup(randomUUID(), { type: 'account.activated', data: { email } });
    await publishAll([envelope]);
    await diesByItself(
      'dies-before-acknowledging.ts',
      stack.environmentOf('notifications'),
      envelope.subject,
    );
    assert.equal((await mailbox(email)).length, 1);
    await until(
      'the event to be with the broker again',
      async () => (await depthOf('notifications', queue)) === 1,
    );

    await stack.release('notifications');
    await until('it to be taken', async () => (await depthOf('notifications', queue)) === 0);
    // An event after it, through the same queue.
    const next = aboutSignup(randomUUID(), { type: 'account.activated', data: { email: uniqueEmail() } });
    await publishAll([next]);
    await until('the next event to be done with', async () => (await deliveriesOf(next)).length === 1);
    assert.deepEqual(await deliveriesOf(envelope), [{ queue, state: 'done', attempts: 1 }]);
    assert.equal((await mailbox(email)).length, 1);
  });
});

/** Runs a fixture that ends itself by SIGKILL. */
async function diesByItself(
  fixture: string,
  environment: Record<string, string>,
  ...about: string[]
): Promise<void> {
  const path = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [path, ...about], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const giveUp = setTimeout(() => child.kill('SIGTERM'), 60_000);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(giveUp);
  assert.equal(signal, 'SIGKILL', `${fixture} did not get to its end (${code})`);
}

/** Opens an account as the api does, in a process that relays nothing and died a minute ago. */
async function openedWithoutRelay(request: ReturnType<typeof uniqueRequest>): Promise<string> {
  const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = theStack().environmentOf('accounts');
  const steps = accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL });
  const signupId = idOf('choreography');
  const at = new Date().toISOString();
  await inTellingTransaction(databaseOf('accounts'), async (transaction) => {
    const { facts } = await openSignup(steps, transaction, { signupId, at, ...request });
    tell(transaction, { source: '/accounts', style: request.style, signupId, time: at }, facts);
  });
  // A relay that finds something else left behind finds it with that, at its first look.
  await databaseOf('accounts').query(
    `update outbox set written_at = now() - interval '1 minute' where signup_id = $1`,
    [signupId],
  );
  return signupId;
}

/** Listens to `account.opened` while `use` runs: the ids of those about one signup. */
function copiesOfOpened(signupId: string, use: (ids: string[]) => Promise<void>): Promise<void> {
  return withBroker('accounts', async (connection) => {
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue(`accounts.tap-${signupId}`, { exclusive: true });
    await channel.bindQueue(queue, eventExchange, 'account.opened');
    const ids: string[] = [];
    await channel.consume(
      queue,
      (message) => {
        const { id, subject } = JSON.parse(message!.content.toString()) as Envelope;
        if (subject === signupId) ids.push(id);
      },
      { noAck: true },
    );
    await use(ids);
  });
}

async function sentAt(signupId: string): Promise<(string | null)[]> {
  const { rows } = await databaseOf('accounts').query<{ sent_at: string | null }>(
    'select sent_at from outbox where signup_id = $1',
    [signupId],
  );
  return rows.map(({ sent_at: at }) => at);
}

async function deliveriesOf({ id }: Envelope) {
  const { rows } = await databaseOf('notifications').query<{
    queue: string;
    state: string;
    attempts: number;
  }>('select queue, state, attempts from deliveries where message_id = $1', [id]);
  return rows;
}
