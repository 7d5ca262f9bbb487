/**
 * The supervisor of a stack, asked over its control socket: a line of JSON is a request, and a line its answer. A connection carries
 * one request.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { FaultState, type FaultName, type FaultWish } from '../domain/faults.ts';
import { ProcessReport } from '../domain/report.ts';
import { NotSwitchable, SupervisorAway, SupervisorFailed, type Supervisor } from '../domain/supervisor.ts';

/** What is asked for, as it goes over the socket. */
export type ControlRequest =
  | { do: 'start' | 'stop'; process: string }
  | { do: 'report' | 'faults' }
  /** With `onHangUp`, what ends the process of the caller happens once he has hung up. */
  | ({ do: 'break'; fault: FaultName; onHangUp?: true } & FaultWish)
  | { do: 'heal'; fault?: FaultName };

/** How it is answered. `refused`: it cannot be switched here, or not now. */
export const ControlAnswer = z.union([
  z.strictObject({ done: z.unknown() }),
  z.strictObject({ refused: z.string() }),
  z.strictObject({ failed: z.string() }),
]);
export type ControlAnswer = z.infer<typeof ControlAnswer>;

const answerWithinMs = 90_000;

/** The supervisor that listens at that socket; it is connected to with each request. Without a socket, it is away. */
export function openSupervisor(path: string | undefined): Supervisor {
  return {
    processes: async () => z.array(ProcessReport).parse(await ask({ do: 'report' })),
    async start(process) {
      await ask({ do: 'start', process });
    },
    async stop(process) {
      await ask({ do: 'stop', process });
    },
    faults: async () => z.array(FaultState).parse(await ask({ do: 'faults' })),
    async break(fault, wish, answered) {
      const request: ControlRequest = { do: 'break', fault, ...wish, ...(answered && { onHangUp: true }) };
      return FaultState.parse(await ask(request, answered));
    },
    async heal(fault) {
      await ask({ do: 'heal', ...(fault !== undefined && { fault }) });
    },
  };

  async function ask(request: ControlRequest, hold: Promise<void> = Promise.resolve()): Promise<unknown> {
    if (path === undefined) throw new SupervisorAway('No supervisor has started this process.');
    const answer = await exchange(path, request, hold).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SupervisorAway(`The supervisor cannot be asked: ${reason}`, { cause });
    });
    if ('refused' in answer) throw new NotSwitchable(answer.refused);
    if ('failed' in answer) throw new SupervisorFailed(answer.failed);
    return answer.done;
  }
}

/** Sends a request and reads its answer. Hangs up once `hold` has settled. */
async function exchange(path: string, request: ControlRequest, hold: Promise<void>): Promise<ControlAnswer> {
  const socket = connect(path);
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('it does not answer')));
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    // Of the errors of the socket, readline tells once more.
    createInterface({ input: socket })
      .on('error', () => {})
      .once('line', resolve)
      .once('close', () => reject(new Error('it hung up')));
  });
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    return ControlAnswer.parse(JSON.parse(await answered));
  } finally {
    void hold.finally(() => socket.destroy());
  }
}
