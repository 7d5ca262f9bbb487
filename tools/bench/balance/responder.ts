/** Answers questions for a balance that come by a queue: what the accounts service would have besides its API. */
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
await channel.consume(queue, (question) => question && void answer(question), { noAck: true });
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function answer({ content, properties }: ConsumeMessage): Promise<void> {
  const { replyTo, correlationId } = properties as { replyTo: string; correlationId: string };
  const balance = await findBalance(database, content.toString());
  channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(balance)), { correlationId });
}
