/**
 * Answers questions for a balance, over HTTP or by a queue, and does nothing besides: no routes, no headers, no checks of who asks. So
 * the ways differ by what carries question and answer.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import amqp, { type ConsumeMessage } from 'amqplib';
import { findBalance } from '../../../activities/accounts.ts';
import { requireConfig } from '../../../adapters/config.ts';
import { openDatabase } from '../../../adapters/postgres.ts';

/** The queue that questions come by. */
const [, , queue = ''] = process.argv;

const { DATABASE_URL, AMQP_URL } = requireConfig(['DATABASE_URL', 'AMQP_URL']);
const database = openDatabase(DATABASE_URL);
const connection = await amqp.connect(AMQP_URL, { noDelay: true });
const channel = await connection.createChannel();
await channel.assertQueue(queue, { exclusive: true });
await channel.consume(queue, (question) => question && void answerBack(question), { noAck: true });
const server = createServer(({ url = '' }, response) => {
  response.setHeader('content-type', 'application/json');
  void answerTo(url.slice(1)).then((answer) => response.end(answer));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.once('disconnect', () => process.exit());
process.send?.((server.address() as AddressInfo).port);

async function answerBack({ content, properties }: ConsumeMessage): Promise<void> {
  const { replyTo, correlationId } = properties as { replyTo: string; correlationId: string };
  channel.sendToQueue(replyTo, Buffer.from(await answerTo(content.toString())), { correlationId });
}

async function answerTo(accountId: string): Promise<string> {
  return JSON.stringify(await findBalance(database, accountId));
}
