/** Whether a RabbitMQ answers, and whether it works. */
import amqplib from 'amqplib';
import { PlatformError, reasonOf } from './error.ts';

/** A whole AMQP handshake: a port that accepts is not yet a broker that works. */
export async function handshake(url: string): Promise<void> {
  try {
    const connection = await amqplib.connect(url, { timeout: 5_000 });
    await connection.close();
  } catch (error) {
    throw new PlatformError(`RabbitMQ at ${new URL(url).host} does not answer: ${reasonOf(error)}`);
  }
}

/** The platform's own queue, of one message: nobody reads it. */
const probeQueue = 'platform.alive';

/** Resolves once the broker has confirmed a message to a quorum queue, or has said that it takes none for lack of room. */
export async function keepsMessages(url: string): Promise<void> {
  const withHeartbeat = new URL(url);
  withHeartbeat.searchParams.set('heartbeat', '3');
  const connection = await amqplib.connect(withHeartbeat.href, { timeout: 5_000 });
  connection.on('error', () => {});
  // An alarm of memory or disk holds publishers up by design; a restart makes no room.
  const heldUp = new Promise<void>((resolve) => connection.once('blocked', () => resolve()));
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    await channel.assertQueue(probeQueue, {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-max-length': 1 },
    });
    channel.sendToQueue(probeQueue, Buffer.from('alive'), { persistent: true });
    await Promise.race([channel.waitForConfirms(), heldUp]);
  } finally {
    void connection.close().catch(() => {});
  }
}
