/** Whether a Kafka answers: by the one request that every version takes from a caller that has not logged in yet. */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { PlatformError, reasonOf } from './error.ts';

/** ApiVersions: length, key, version 0, correlation id, and no client id. */
const request = Buffer.from('0000000a001200000000d0e7ffff', 'hex');
const answersWithinMs = 3_000;

/** Resolves once the broker there has answered; rejects where it has not within three seconds. */
export async function answersVersions(broker: string, tls = false): Promise<void> {
  const [host = '', port = ''] = broker.split(/:(?=\d+$)/);
  const to = { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  const socket = tls ? connectSecurely({ ...to, servername: to.host }) : connect(to);
  try {
    const answer = await firstBytes(socket, tls ? 'secureConnect' : 'connect');
    if (answer.length < 10 || !answer.subarray(4, 8).equals(request.subarray(8, 12)))
      throw new Error('what answers is no Kafka');
    const code = answer.readInt16BE(8);
    if (code !== 0) throw new Error(`it answered with the error code ${code}`);
  } catch (error) {
    throw new PlatformError(`Kafka at ${broker} does not answer: ${reasonOf(error)}`);
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
