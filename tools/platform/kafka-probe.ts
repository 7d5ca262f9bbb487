/** Whether a Kafka answers: by the one request that every version takes from a caller that has not logged in yet. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { explained } from '../../messaging/transports/kafka/complaints.ts';
import { hostOf, type KafkaTls } from '../../messaging/transports/kafka/server.ts';
import { PlatformError } from './error.ts';

/** ApiVersions: length, key, version 0, correlation id, and no client id. */
const request = Buffer.from('0000000a001200000000d0e7ffff', 'hex');
const answersWithinMs = 3_000;

/** Resolves once the broker there has answered; rejects where it has not within three seconds. */
export async function answersVersions(broker: string, tls?: KafkaTls): Promise<void> {
  const to = { host: hostOf(broker), port: Number(broker.split(':').at(-1)) };
  const socket = tls
    ? connectSecurely({ ...to, ...tls, ...(isIP(to.host) ? {} : { servername: to.host }) })
    : connect(to);
  try {
    const answer = await firstBytes(socket, tls ? 'secureConnect' : 'connect');
    if (answer.length < 10 || !answer.subarray(4, 8).equals(request.subarray(8, 12)))
      throw new Error('what answers is no Kafka');
    const code = answer.readInt16BE(8);
    if (code !== 0) throw new Error(`it answered with the error code ${code}`);
  } catch (error) {
    throw new PlatformError(`Kafka at ${broker} does not answer: ${explained(error, [broker]).message}`);
  } finally {
    socket.destroy();
  }
}

/** Sends the request once connected and collects what comes, until it holds the beginning of an answer. */
function firstBytes(socket: Socket, connected: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(answersWithinMs, () =>
      reject(new Error(`nothing came within ${answersWithinMs / 1000} s`)),
    );
    socket.once(connected, () => socket.write(request));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length >= 10) resolve(received);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it hung up')));
  });
}
