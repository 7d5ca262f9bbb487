/**
 * Connections to a mail server that notice its silence command by command. nodemailer has one time limit for all commands, and it must
 * be as long as the end of DATA may take (RFC 5321 asks for minutes); a server that falls silent at any other would cost as much.
 */
import { connect, type Socket } from 'node:net';

const connectWithinMs = 5000;

/** Hands a connected socket, or why there is none, to nodemailer's pool (its option `getSocket`). */
export type GetSocket = (
  options: { host?: string | undefined; port?: number | string | undefined },
  done: (error: Error | null, socket: { connection: Socket } | false) => void,
) => void;

/**
 * Opens connections that end 10 s after the last thing that was heard, while a reply is owed. What goes through TLS cannot be told
 * apart from here: such a connection has nodemailer's one limit.
 */
export function noticingSilence(silentAfterMs = 10_000): GetSocket {
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

  /** Looks at what passes without taking it: a listener of its own would let the greeting flow before nodemailer listens. */
  function watch(socket: Socket): void {
    const dialogue = openDialogue();
    let waiting: NodeJS.Timeout | undefined;
    const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean;
    socket.write = (chunk: unknown, ...rest: unknown[]) => {
      dialogue.said(textOf(chunk));
      listen();
      return write(chunk, ...rest);
    };
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...rest: unknown[]) => boolean;
    socket.emit = (event: string | symbol, ...rest: unknown[]) => {
      if (event === 'data') {
        dialogue.heard(textOf(rest[0]));
        listen();
      }
      return emit(event, ...rest);
    };
    socket.once('close', () => {
      clearTimeout(waiting);
      resting.delete(socket);
    });

    function listen(): void {
      clearTimeout(waiting);
      resting.delete(socket);
      const state = dialogue.state();
      if (state === 'at rest') resting.add(socket);
      if (state === 'waiting') waiting = setTimeout(() => giveUp(socket), silentAfterMs).unref();
    }
  }

  /** The others lead the same way: behind one that was cut each would be silent in its turn, and cost as much. */
  function giveUp(socket: Socket): void {
    for (const other of resting) other.destroy();
    socket.destroy(new Error(`the mail server said nothing for ${silentAfterMs / 1000} s`));
  }
}

/** What a connection is at: `patient` while a mail goes out or its end is answered, and for good once it is encrypted. */
type State = 'waiting' | 'patient' | 'at rest';

/**
 * Follows SMTP from both ends. Commands may go out several at once (PIPELINING), so that a reply to the first says nothing of the
 * others: replies are counted.
 */
function openDialogue(): { said(text: string): void; heard(text: string): void; state(): State } {
  let owed = 0;
  let part: 'commands' | 'mail' | 'end of a mail' | 'encrypted' = 'commands';
  let line = '';
  return {
    said(text) {
      if (part === 'mail') {
        if (/(^|\r\n)\.\r\n$/.test(text)) part = 'end of a mail';
      } else if (/^STARTTLS\r\n$/i.test(text)) {
        part = 'encrypted';
      } else if (part === 'commands') {
        owed += text.split('\r\n').length - 1;
      }
    },
    heard(text) {
      const lines = (line + text).split(/\r?\n/);
      line = lines.pop() ?? '';
      for (const each of lines) {
        // All lines of a reply but its last have a hyphen after the code.
        if (!/^\d{3}( |$)/.test(each)) continue;
        owed = Math.max(0, owed - 1);
        if (part === 'commands' && each.startsWith('354')) part = 'mail';
        else if (part === 'end of a mail') part = 'commands';
      }
    },
    state: () => (part === 'commands' ? (owed > 0 ? 'waiting' : 'at rest') : 'patient'),
  };
}

function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  return Buffer.isBuffer(chunk) ? chunk.toString('latin1') : '';
}
