/**
 * Connections to a mail server that notice its silence command by command. nodemailer has one time limit for all commands, and it must
 * be as long as the end of DATA may take (RFC 5321 asks for minutes); a server that falls silent at any other would cost as much.
 */
import { connect, type Socket } from 'node:net';

const connectWithinMs = 5000;
const silentAfterMs = 10_000;

/** Hands a connected socket, or why there is none, to nodemailer's pool (its option `getSocket`). */
export type GetSocket = (
  options: { host?: string | undefined; port?: number | string | undefined },
  done: (error: Error | null, socket: { connection: Socket } | false) => void,
) => void;

/**
 * Opens connections that end 10 s after a command without an answer. What goes through TLS cannot be told apart from here: such a
 * connection has nodemailer's one limit.
 */
export function noticingSilence(): GetSocket {
  const resting = new Set<Socket>();

  return ({ host = 'localhost', port = 25 }, done) => {
    const socket = connect({ host, port: Number(port), timeout: connectWithinMs });
    socket.setNoDelay();
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${connectWithinMs} ms`)));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail).setTimeout(0).removeAllListeners('timeout');
      watch(socket);
      done(null, { connection: socket });
    });

    function fail(error: Error): void {
      done(error, false);
    }
  };

  function watch(socket: Socket): void {
    let waiting: NodeJS.Timeout | undefined;
    const send = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean;
    socket.write = (chunk: unknown, ...rest: unknown[]) => {
      clearTimeout(waiting);
      resting.delete(socket);
      // The end of a mail is what patience is for.
      if (!/(^|\r\n)\.\r\n$/.test(lastOf(chunk))) {
        const heard = socket.bytesRead;
        waiting = setTimeout(() => {
          if (socket.bytesRead === heard) giveUp(socket);
          else resting.add(socket);
        }, silentAfterMs).unref();
      }
      return send(chunk, ...rest);
    };
    socket.once('close', () => {
      clearTimeout(waiting);
      resting.delete(socket);
    });
  }

  /** The others lead the same way: behind one that was cut each would be silent in its turn, and cost as much. */
  function giveUp(socket: Socket): void {
    for (const other of resting) other.destroy();
    socket.destroy(new Error(`the mail server said nothing for ${silentAfterMs / 1000} s`));
  }
}

/** The end of what is sent; five characters tell it. */
function lastOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk.slice(-5);
  return Buffer.isBuffer(chunk) ? chunk.subarray(-5).toString('latin1') : '';
}
