/** Whether a RabbitMQ answers. */
import amqplib from 'amqplib';
import { connect } from 'node:net';
import { PlatformError, reasonOf } from './part.ts';

/** A whole AMQP handshake: a port that accepts is not yet a broker that works. */
export async function handshake(url: string): Promise<void> {
  try {
    const connection = await amqplib.connect(url, { timeout: 5_000 });
    await connection.close();
  } catch (error) {
    throw new PlatformError(`RabbitMQ at ${new URL(url).host} does not answer: ${reasonOf(error)}`);
  }
}

/** Whether anything listens. */
export function accepts(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`port ${port} does not answer`)));
  });
}
