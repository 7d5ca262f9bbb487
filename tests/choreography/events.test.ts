/** Events that nobody listens to, that say more than is known, and that fault again and again. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { RetryPolicy } from '../../domain/process.ts';
import { openInbox } from '../../messaging/inbox.ts';
import { reactionsWith } from '../../messaging/reactions.ts';
import { inTellingTransaction } from '../../messaging/outbox.ts';
import { unrouted } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { arrival, uniqueEmail } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { aboutSignup, publishAll, withBroker } from '../wire.ts';

const { reaction } = reactionsWith<unknown>();

describe('An event', () => {
  it('that nobody listens to is kept, every one, and its producer is not bothered', async () => {
    const events = Array.from({ length: 50 }, () => ({
      ...aboutSignup(randomUUID(), { type: 'account.notified', data: { email: 'sent', sms: 'sent' } }),
      type: 'account.renamed',
    }));
    await publishAll(events);
    const missing = new Set(events.map(({ id }) => id));
    await withBroker('accounts', async (connection) => {
      const channel = await connection.createChannel();
      await until('all 50 in the queue of what is unrouted', async () => {
        for (;;) {
          const message = await channel.get(unrouted, { noAck: true });
          if (message === false) break;
          missing.delete((JSON.parse(message.content.toString()) as { id: string }).id);
        }
        if (missing.size === 0) return true;
        throw new Error(`${missing.size} are missing`);
      });
    });
  });

  it('with fields that are not known is taken for what is known of it', async () => {
    const email = uniqueEmail();
    const known = aboutSignup(randomUUID(), { type: 'account.activated', data: { email, name: 'Ada' } });
    const data = { ...known.data, favouriteColour: 'green' };
    await publishAll([
      { ...known, data, partitionkey: 'of a later version', nested: { deeply: [1] } } as never,
    ]);
    const { text } = await arrival(email, 'activated');
    assert.match(text, /Hello Ada,/);
  });

  it('whose reaction faults 150 times is parked with its last error, and a copy of it changes nothing', async () => {
    await using refused = await refusing({
      firstRetryAfterMs: 1,
      backoffCoefficient: 1,
      maximumRetryAfterMs: 1,
      maximumAttempts: 150,
    });
    const { event, faults, rows } = refused;
    await refused.receive();
    await until('the last attempt', () => faults.some(({ parked }) => parked), { withinMs: 90_000 });
    assert.deepEqual(
      faults,
      Array.from({ length: 150 }, (_, index) => ({ attempt: index + 1, parked: index === 149 })),
    );
    await until('it to be parked', async () => (await rows())[0]?.state === 'parked');
    const lastError = 'no, for the 150th time';
    const parked = [
      { message_id: event.id, state: 'parked', attempts: 150, last_error: lastError, due_at: null },
    ];
    assert.deepEqual(await rows(), parked);
    await refused.receive();
    assert.equal(faults.length, 151, 'the copy was tried');
    assert.deepEqual(await rows(), parked);
  }).timeout(120_000);

  it('that waits for its next attempt waits as long, whatever copies of it come', async () => {
    const hourMs = 3_600_000;
    await using refused = await refusing({
      firstRetryAfterMs: hourMs,
      backoffCoefficient: 1,
      maximumRetryAfterMs: hourMs,
      maximumAttempts: 3,
    });
    await refused.receive();
    const waiting = await refused.rows();
    assert.deepEqual(
      waiting.map(({ state, attempts }) => ({ state, attempts })),
      [{ state: 'waiting', attempts: 1 }],
    );
    await refused.receive();
    assert.equal(refused.faults.length, 2, 'the copy was tried');
    assert.deepEqual(await refused.rows(), waiting);
  }).timeout(60_000);
});

type Row = { message_id: string; state: string; attempts: number; last_error: string; due_at: Date | null };

/** An inbox of its own whose one reaction always faults, and an event for it. */
async function refusing(retry: RetryPolicy) {
  const queue = `accounts.test-${randomUUID()}`;
  const database = databaseOf('accounts');
  const faults: { attempt: number; parked: boolean }[] = [];
  const inbox = openInbox({
    service: 'accounts',
    database,
    instance: randomUUID(),
    reactions: [
      reaction({
        queue,
        on: ['account.notified'],
        react: () => Promise.reject(new Error(`no, for the ${faults.length + 1}th time`)),
      }),
    ],
    steps: undefined,
    retry,
    transaction: async (work) => (await inTellingTransaction(database, work)).result,
    onFault: (_, { attempt, parked }) => faults.push({ attempt, parked }),
  });
  const event = aboutSignup(randomUUID(), {
    type: 'account.notified',
    data: { email: 'sent', sms: 'sent' },
  });
  return {
    event,
    faults,
    receive: () => inbox.receive(queue, event),
    async rows(): Promise<Row[]> {
      const { rows } = await database.query<Row>(
        'select message_id, state, attempts, last_error, due_at from deliveries where queue = $1',
        [queue],
      );
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await inbox.stop(5000);
      await database.query('delete from deliveries where queue = $1', [queue]);
    },
  };
}
