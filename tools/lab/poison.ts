/** What no service can read, put where services read it; and how it is taken out again. */
import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import amqp from 'amqplib';
import pg from 'pg';
import { openDatabase } from '../../adapters/postgres.ts';
import { faultDurationMs } from '../../domain/faults.ts';
import type { Carrier } from '../../domain/styles.ts';
import { eventTopic } from '../../messaging/transports/kafka/kafka.ts';
import { deadLettersOf } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { streamOf } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { withBroker } from '../operator/dead-letters.ts';
import { withTopic } from '../operator/kafka.ts';
import type { Addresses } from '../platform/stack.ts';

/** Where welcome mails wait. */
const queue = 'notifications.send-welcome-email';

/** Puts each of these texts into the queue, and into the log of each of these carriers. */
export async function pour(
  addresses: Addresses,
  carriers: ReadonlySet<Carrier | undefined>,
  texts: readonly string[],
): Promise<void> {
  const connection = await amqp.connect(addresses.amqpAdmin);
  const channel = await connection.createConfirmChannel();
  const places = [queue, ...(carriers.has('rabbitmq-stream') ? [streamOf(0)] : [])];
  for (const text of texts) {
    for (const place of places) channel.sendToQueue(place, Buffer.from(text), { persistent: true });
  }
  await channel.waitForConfirms();
  await connection.close();
  if (!carriers.has('kafka')) return;
  await withTopic({ brokers: [addresses.kafka!] }, eventTopic, async ({ append }) => {
    for (const text of texts) await append(0, text);
  });
}

/** A poison that knows itself again. */
export type Poison = { pour: () => Promise<void>; takeOut: () => Promise<void> };

/** Half a message for the queue, the stream and, where there is one, the topic; and a workflow of a kind that no worker knows. */
export function poisonOf(addresses: Addresses): Poison {
  const { databaseAdmin, amqpAdmin, kafka, temporal: address, temporalNamespace: namespace } = addresses;
  const carriers: Carrier[] = ['rabbitmq-queue', 'rabbitmq-stream', ...(kafka ? (['kafka'] as const) : [])];
  let id = `poison-${randomUUID()}`;

  return {
    async pour() {
      id = `poison-${randomUUID()}`;
      await pour(addresses, new Set(carriers), [`{"half":"${id}`]);
      await onTemporal((client) =>
        client.workflow.start('signup-from-the-future', {
          workflowId: id,
          taskQueue: 'accounts',
          workflowTaskTimeout: '5 seconds',
          // Should nobody be left to terminate it.
          workflowExecutionTimeout: faultDurationMs.atMost + 60_000,
        }),
      );
    },
    // In the log it stays, as everything does; its readers have passed it.
    async takeOut() {
      const isOurs = (text: string) => text.includes(id);
      await withBroker(amqpAdmin, ({ drop }) => drop(deadLettersOf(queue), neverAborted, isOurs));
      await dropRows(databaseAdmin, id);
      await onTemporal(async (client) => {
        const terminated = client.workflow.getHandle(id).terminate('unknown to every worker');
        await terminated.catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
      });
    },
  };

  async function onTemporal(use: (client: Client) => Promise<unknown>): Promise<void> {
    const connection = Connection.lazy({ address });
    try {
      await use(new Client({ connection, namespace }));
    } finally {
      await connection.close();
    }
  }
}

const neverAborted = new AbortController().signal;

/** Drops the records with this text in them that services have set aside. */
async function dropRows(databaseUrl: string, text: string): Promise<void> {
  const database = openDatabase(databaseUrl, { connections: 1 });
  try {
    const { rows } = await database.query<{ service: string }>(
      `select schemaname as service from pg_tables where tablename = 'set_aside'`,
    );
    for (const { service } of rows) {
      const table = `${pg.escapeIdentifier(service)}.set_aside`;
      await database.query(`delete from ${table} where strpos(content, $1) > 0`, [text]);
    }
  } finally {
    await database.end();
  }
}
