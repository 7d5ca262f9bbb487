/** Three ways to ask for the balance of an account. Each waits for its answer; what must be up for it differs. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import amqp from 'amqplib';
import { Pool } from 'undici';
import { openClient, temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { workflowId } from '../../../coordinators/workflow/execution.ts';
import { statusQuery } from '../../../workflows/protocol.ts';
import type { Stack } from '../../platform/stack.ts';

/** A way of asking. `needs` is all that must be up for an answer. */
export type WayOfAsking = {
  name: string;
  needs: readonly string[];
  /** Asks once, and resolves with the answer as text. */
  ask(accountId: string): Promise<string>;
  close(): Promise<void>;
};

/** What answers over HTTP and by a queue. */
export type Responder = { port: number; queue: string; stop(): Promise<void> };

/** Starts it, as a process of the accounts service. */
export async function startResponder(stack: Stack): Promise<Responder> {
  const queue = `bench.balance.${randomUUID()}`;
  const responder = fork(fileURLToPath(new URL('responder.ts', import.meta.url)), [queue], {
    env: { ...process.env, ...stack.environmentOf('accounts'), AMQP_URL: stack.addresses.amqpAdmin },
  });
  const listening = once(responder, 'message') as Promise<[port: number]>;
  const [port] = await Promise.race([listening, once(responder, 'exit').then(failed)]);
  return {
    port,
    queue,
    async stop() {
      responder.disconnect();
      await once(responder, 'exit');
    },
  };
}

/** Over HTTP, from what reads the database. */
export function overHttp({ port }: Responder): WayOfAsking {
  const pool = new Pool(`http://127.0.0.1:${port}`);
  return {
    name: 'HTTP and the database',
    needs: ['api', 'postgres'],
    async ask(accountId) {
      const answer = await pool.request({ method: 'GET', path: `/${accountId}` });
      return answer.body.text();
    },
    close: () => pool.close(),
  };
}

/** By a queue, with RabbitMQ's direct reply-to for the answer. */
export async function byQueue({ addresses }: Stack, { queue }: Responder): Promise<WayOfAsking> {
  const connection = await amqp.connect(addresses.amqpAdmin, { noDelay: true });
  const channel = await connection.createChannel();
  const asked = new Map<string, (answer: string) => void>();
  const replyTo = 'amq.rabbitmq.reply-to';
  await channel.consume(
    replyTo,
    (reply) => reply && asked.get(String(reply.properties.correlationId))?.(reply.content.toString()),
    { noAck: true },
  );
  return {
    name: 'a queue and a reply queue',
    needs: ['rabbitmq', 'a consumer', 'postgres'],
    async ask(accountId) {
      const correlationId = randomUUID();
      const answer = new Promise<string>((resolve) => asked.set(correlationId, resolve));
      channel.sendToQueue(queue, Buffer.from(accountId), { correlationId, replyTo });
      return answer.finally(() => asked.delete(correlationId));
    },
    close: () => connection.close(),
  };
}

/**
 * By a query of the workflow that would hold it. That of a signup is asked where it is, which is as much to answer: the query goes
 * from the server to a worker and back.
 */
export function byWorkflow(stack: Stack): WayOfAsking {
  const { client, connection } = openClient(temporalAddress(stack.environmentOf('accounts')));
  return {
    name: 'a query of a workflow',
    needs: ['temporal', 'a worker'],
    async ask(accountId) {
      return JSON.stringify(await client.workflow.getHandle(workflowId(accountId)).query(statusQuery));
    },
    close: () => connection.close(),
  };
}

function failed(): never {
  throw new Error('what answers could not start');
}
