/**
 * The plumbing of the plain chain, as a careful team writes it at first (docs/plainest-chain.md): a transaction is begin, one
 * statement after another, commit; one relay per process publishes the outbox with confirms; a delivery table drops
 * duplicates. No pipeline, no corked sockets, no batches of work: otherwise what the libraries do by themselves.
 *
 * As a floor of the benchmark it shares two things with `messaging/`, although they are part of what makes that fast:
 *
 * - Nagle's algorithm is off. With it on, amqplib's default, a lone signup mostly waits for TCP, and a floor that stands still
 *   measures no work.
 * - A commit wakes the relay in its process. A relay that only polls would be measured by its interval, and one that is woken
 *   by `NOTIFY` makes every commit wait for the others.
 */
import { randomUUID } from 'node:crypto';
import amqp, { type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import pg from 'pg';

const exchange = 'floor.events';

export type Event = { id: string; type: string; signupId: string; data: Record<string, unknown> };

/**
 * A queue, the event types that go into it, and what is done with each: first `before`, with no transaction open, then `react` in
 * the transaction; the events it returns are told.
 */
export type Consumer = {
  queue: string;
  on: readonly string[];
  before?: (database: pg.Pool, event: Event) => Promise<void>;
  react: (client: pg.PoolClient, event: Event) => Promise<Event[]>;
};

export type Chain = {
  inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Something was told in a transaction that is now committed. */
  wakeRelay(): void;
  stop(): Promise<void>;
};

/** An event with a new id. */
export const event = (type: string, signupId: string, data: Record<string, unknown>): Event => ({
  id: randomUUID(),
  type,
  signupId,
  data,
});

// #region tell
/** Writes an event into the outbox. */
export async function tell(client: pg.PoolClient, told: Event): Promise<void> {
  await client.query({
    name: 'tell',
    text: 'insert into outbox (id, event) values ($1, $2)',
    values: [told.id, told],
  });
}
// #endregion

/** Connects, declares and consumes the queues, and starts the relay. */
export async function openChain(
  databaseUrl: string,
  amqpUrl: string,
  consumers: readonly Consumer[],
): Promise<Chain> {
  const database = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  const connection = await amqp.connect(amqpUrl, { noDelay: true });
  const publishing = await connection.createConfirmChannel();
  await publishing.assertExchange(exchange, 'topic', { durable: true });
  const relay = startRelay(inTransaction, publishing);
  for (const consumer of consumers) await consume(connection, database, consumer, inTransaction, relay.wake);
  return {
    inTransaction,
    wakeRelay: relay.wake,
    async stop() {
      await relay.stop();
      await connection.close();
      await database.end();
    },
  };

  async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }
}

async function consume(
  connection: ChannelModel,
  database: pg.Pool,
  { queue, on, before, react }: Consumer,
  inTransaction: Chain['inTransaction'],
  wakeRelay: () => void,
): Promise<void> {
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  for (const type of on) await channel.bindQueue(queue, exchange, type);
  await channel.prefetch(100);
  await channel.consume(queue, (message) => message && void handle(message));

  // #region inbox
  async function handle(message: ConsumeMessage): Promise<void> {
    try {
      const heard = JSON.parse(message.content.toString()) as Event;
      await before?.(database, heard);
      await inTransaction(async (client) => {
        const { rowCount } = await client.query({
          name: 'deliver',
          text: 'insert into deliveries (queue, message_id) values ($1, $2) on conflict do nothing',
          values: [queue, heard.id],
        });
        // A copy that comes while the first is under way waits at the statement above, and then finds its row.
        if (rowCount === 0) return;
        for (const told of await react(client, heard)) await tell(client, told);
      });
      channel.ack(message);
      wakeRelay();
    } catch (error) {
      console.error(error);
      channel.nack(message);
    }
  }
  // #endregion
}

function startRelay(inTransaction: Chain['inTransaction'], channel: ConfirmChannel) {
  const atOnce = 100;
  let running: Promise<void> | undefined;
  let woken = false;
  const wake = () => {
    woken = true;
    running ??= run()
      .catch((error: unknown) => console.error(error))
      .finally(() => (running = undefined));
  };
  const poll = setInterval(wake, 1000);
  return {
    wake,
    async stop() {
      clearInterval(poll);
      await running;
    },
  };

  async function run(): Promise<void> {
    while (woken) {
      woken = false;
      if ((await inTransaction(publishUnsent)) === atOnce) woken = true;
    }
  }

  // #region relay
  async function publishUnsent(client: pg.PoolClient): Promise<number> {
    const { rows } = await client.query<{ id: string; event: Event }>({
      name: 'unsent',
      text: `select id, event from outbox where sent_at is null order by position limit ${atOnce} for update skip locked`,
    });
    if (rows.length === 0) return 0;
    for (const { id, event: told } of rows) {
      channel.publish(exchange, told.type, Buffer.from(JSON.stringify(told)), {
        persistent: true,
        messageId: id,
      });
    }
    await channel.waitForConfirms();
    await client.query({
      name: 'mark-sent',
      text: 'update outbox set sent_at = now() where id = any($1)',
      values: [rows.map(({ id }) => id)],
    });
    return rows.length;
  }
  // #endregion
}
