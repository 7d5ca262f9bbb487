/** What a way writes of how far it has come: in the transaction that settles or postpones what it brought, or not at all. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { openInbox } from '../../messaging/inbox.ts';
import { inTellingTransaction } from '../../messaging/outbox.ts';
import { reactionsWith } from '../../messaging/reactions.ts';
import { databaseOf } from '../inside.ts';
import { aboutSignup } from '../wire.ts';

const { reaction } = reactionsWith<unknown>();

const hourMs = 3_600_000;

describe('What a way writes alongside', () => {
  it('is there once a delivery is done, and again when a copy of it comes', async () => {
    await using inbox = ownInbox(async () => []);
    await inbox.receive();
    await inbox.receive();
    assert.deepEqual(await inbox.states(), ['done']);
    assert.deepEqual(await inbox.written(), ['done', 'done'], 'the copy is passed, too');
  });

  it('is there once a delivery waits for its next attempt', async () => {
    await using inbox = ownInbox(() => Promise.reject(new Error('not now')));
    await inbox.receive();
    assert.deepEqual(await inbox.states(), ['waiting']);
    assert.deepEqual(await inbox.written(), ['waiting']);
  });

  it('keeps a delivery from being done or postponed where it cannot be written: it comes again', async () => {
    await using inbox = ownInbox(async () => []);
    inbox.refuse(true);
    await assert.rejects(inbox.receive(), /cannot be written/);
    assert.deepEqual([await inbox.states(), await inbox.written()], [[], []]);
    inbox.refuse(false);
    await inbox.receive();
    assert.deepEqual([await inbox.states(), await inbox.written()], [['done'], ['done']]);
  });
});

/** An inbox of its own with one reaction, an event for it, and a way that writes the state of what it brought into a table. */
function ownInbox(react: () => Promise<[]>) {
  const queue = `accounts.test-${randomUUID()}`;
  const database = databaseOf('accounts');
  let isRefused = false;
  const inbox = openInbox({
    service: 'accounts',
    database,
    instance: randomUUID(),
    reactions: [reaction({ queue, on: ['account.activated'], react })],
    steps: undefined,
    // What is postponed stays so.
    retry: {
      firstRetryAfterMs: hourMs,
      backoffCoefficient: 1,
      maximumRetryAfterMs: hourMs,
      maximumAttempts: 3,
    },
    transaction: async (work) => (await inTellingTransaction(database, work)).result,
    async alongside(transaction, settled) {
      if (isRefused) throw new Error('the position cannot be written');
      // Any table will do that takes a text.
      await transaction.query(
        `insert into set_aside (log, partition, position, content, reason)
         select $1, 0, (select count(*) from set_aside where log = $1), state, ''
         from deliveries where queue = $2 and message_id = $3`,
        [queue, settled[0]!.queue, settled[0]!.message_id],
      );
    },
    onFault: () => {},
  });
  const event = aboutSignup(randomUUID(), { type: 'account.activated', data: { email: 'ada@example.com' } });
  const textsOf = async (query: string) =>
    (await database.query<{ text: string }>(query, [queue])).rows.map(({ text }) => text);
  return {
    receive: () => inbox.receive(queue, event),
    refuse: (refuse: boolean) => (isRefused = refuse),
    states: () => textsOf('select state as text from deliveries where queue = $1'),
    written: () => textsOf('select content as text from set_aside where log = $1 order by position'),
    async [Symbol.asyncDispose]() {
      await inbox.stop(5000);
      await database.query('delete from deliveries where queue = $1', [queue]);
      await database.query('delete from set_aside where log = $1', [queue]);
    },
  };
}
