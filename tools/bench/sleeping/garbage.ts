/**
 * Makes Node.js processes collect their garbage, so that memory means what is needed. Each opens its inspector on a signal and says
 * where; through that it is asked, all its threads included.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'undici';

export type Garbage = {
  /** What the processes are to be started with. */
  environment: Record<string, string>;
  /** To be told each line that they print. */
  heard(process: string, line: string): void;
  /** Resolves once a process has collected its garbage. */
  collect(process: string, pid: number): Promise<void>;
};

const opensWithinMs = 10_000;
const answersWithinMs = 10_000;

export function garbage(): Garbage {
  const inspectors = new Map<string, { pid: number; url: Promise<string> }>();
  const opened = new Map<string, (url: string) => void>();

  return {
    environment: { NODE_OPTIONS: '--inspect-port=0' },
    heard(process, line) {
      const [, url] = /^Debugger listening on (ws:\S+)$/.exec(line) ?? [];
      if (url !== undefined) opened.get(process)?.(url);
    },
    async collect(name, pid) {
      if (inspectors.get(name)?.pid !== pid) {
        const url = new Promise<string>((resolve) => opened.set(name, resolve));
        inspectors.set(name, { pid, url });
        process.kill(pid, 'SIGUSR1');
      }
      const url = await Promise.race([inspectors.get(name)!.url, tooLate(name, opensWithinMs)]);
      await Promise.race([collectThrough(url), tooLate(name, answersWithinMs)]);
    },
  };
}

async function tooLate(name: string, milliseconds: number): Promise<never> {
  await delay(milliseconds, undefined, { ref: false });
  throw new Error(`${name} did not collect its garbage within ${milliseconds / 1000} s`);
}

type Message = {
  id?: number;
  method?: string;
  params?: { sessionId?: string; message?: string };
};

/** Asks the main thread, and every thread that it tells of. */
async function collectThrough(url: string): Promise<void> {
  const socket = new WebSocket(url);
  const answers = new Map<string, () => void>();
  const threads: string[] = [];
  let asked = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params } = JSON.parse(String(data)) as Message;
    if (method === 'NodeWorker.attachedToWorker') threads.push(params!.sessionId!);
    if (method === 'NodeWorker.receivedMessageFromWorker') {
      const inner = JSON.parse(params!.message!) as Message;
      answers.get(`${params!.sessionId} ${inner.id}`)?.();
    } else answers.get(`main ${id}`)?.();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no inspector answers at ${url}`)));
  });
  const ask = (method: string, params: object = {}, thread = 'main') =>
    new Promise<void>((resolve) => {
      const id = (asked += 1);
      answers.set(`${thread} ${id}`, resolve);
      const inner = { id, method, params };
      const outer =
        thread === 'main'
          ? inner
          : {
              id: (asked += 1),
              method: 'NodeWorker.sendMessageToWorker',
              params: { sessionId: thread, message: JSON.stringify(inner) },
            };
      socket.send(JSON.stringify(outer));
    });
  await ask('NodeWorker.enable', { waitForDebuggerOnStart: false });
  // Twice: what a first one finalises, a second one frees. A thread that is blocked for good does not answer.
  for (let time = 0; time < 2; time += 1) {
    for (const thread of threads) {
      const collecting = ask('HeapProfiler.collectGarbage', {}, thread);
      await Promise.race([collecting, delay(2000, undefined, { ref: false })]);
    }
    await ask('HeapProfiler.collectGarbage');
  }
  await ask('NodeWorker.disable');
  socket.close();
}
