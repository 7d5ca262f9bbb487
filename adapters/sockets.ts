/** What a socket to a server that hears much from us is spared: a system call for every little piece of it. */
import type { Duplex } from 'node:stream';

/** What is written in one turn of the event loop leaves in one system call, and arrives at once, instead of piece by piece. */
export function corkEachTurn(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...piece: unknown[]) => boolean;
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    socket.uncork();
  };
  socket.write = (...piece: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(uncork);
    }
    return write(...piece);
  };
}
