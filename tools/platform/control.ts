/**
 * The control socket of a stack: its supervisor is asked for what only it can do, whatever became of the API. A file
 * in the state folder, for its owner only; a line of JSON is a request, and a line its answer.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { PlatformError, reasonOf } from './error.ts';
import { privately } from './private-files.ts';

/** What a supervisor can be asked to do with a process that runs on demand. */
export type Controlled<Process extends string> = {
  processes: readonly Process[];
  /** Resolves once it is healthy; nothing where it runs. */
  start: (process: Process) => Promise<void>;
  /** Resolves once it has ended; nothing where it does not run. */
  stop: (process: Process) => Promise<void>;
};

/** What is asked for. */
export type ControlRequest = { do: 'start' | 'stop'; process: string };

type Answer = { done: true } | { failed: string };

const answerWithinMs = 90_000;

/** Where the socket of the stack over this folder is. */
const socketIn = (home: string) => join(home, 'control.sock');

/** Takes requests until `close`. Rejects where there can be no socket, as in a folder with too long a name. */
export async function openControl<Process extends string>(
  home: string,
  controlled: Controlled<Process>,
): Promise<{ close: () => Promise<void> }> {
  const path = socketIn(home);
  const request = z.strictObject({ do: z.enum(['start', 'stop']), process: z.enum(controlled.processes) });
  const callers = new Set<Socket>();
  // One after the other, so that a start and a stop of the same process do not meet.
  let last = Promise.resolve();
  const server = createServer((caller) => {
    callers.add(caller);
    caller.on('close', () => callers.delete(caller)).on('error', () => {});
    linesOf(caller).on('line', (line) => {
      last = last.then(async () => void caller.write(`${JSON.stringify(await answer(line))}\n`));
    });
  });
  // Of a supervisor that was killed the file is left; that no other uses the folder, its lock says.
  rmSync(path, { force: true });
  privately(() => server.listen(path));
  await once(server, 'listening');
  return {
    async close() {
      server.close();
      for (const caller of callers) caller.destroy();
    },
  };

  async function answer(line: string): Promise<Answer> {
    try {
      const asked = request.parse(JSON.parse(line));
      await controlled[asked.do](asked.process);
      return { done: true };
    } catch (error) {
      return { failed: error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error) };
    }
  }
}

/** Asks the supervisor of the stack over this folder. Throws what it did not do, and where none answers. */
export async function askSupervisor(home: string, request: ControlRequest): Promise<void> {
  const socket = connect(socketIn(home));
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('it does not answer')));
  try {
    const answered = new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      linesOf(socket)
        .once('line', resolve)
        .once('close', () => reject(new Error('it hung up')));
    });
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = JSON.parse(await answered) as Answer;
    if ('failed' in answer) throw new PlatformError(answer.failed);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw new PlatformError(
      `The supervisor of the stack over \`${home}\` cannot be asked: ${reasonOf(error)}`,
    );
  } finally {
    socket.destroy();
  }
}

/** The lines that come by a socket. They end with it: of its errors the socket itself tells, and readline once more. */
function linesOf(socket: Socket): Interface {
  return createInterface({ input: socket }).on('error', () => {});
}
