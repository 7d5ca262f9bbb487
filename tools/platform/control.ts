/**
 * The control socket of a stack: its supervisor is asked for what only it can do, whatever became of the API. A file
 * in the state folder, for its owner only. What goes over it is said by the one who asks (`adapters/supervisor.ts`).
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openSupervisor, type ControlAnswer } from '../../adapters/supervisor.ts';
import { pause } from '../../adapters/waiting.ts';
import { faultNames, faults, FaultWish } from '../../domain/faults.ts';
import type { ProcessReport } from '../../domain/report.ts';
import { NotSwitchable, type Supervisor } from '../../domain/supervisor.ts';
import { reasonOf } from './error.ts';
import type { Leases } from './faults/leases.ts';
import { privately } from './private-files.ts';

/** What a supervisor can be asked for. */
export type Controlled<Process extends string> = {
  /** Those that run on demand. */
  processes: readonly Process[];
  /** Resolves once it is healthy; nothing where it runs. */
  start: (process: Process) => Promise<void>;
  /** Resolves once it has ended; nothing where it does not run. */
  stop: (process: Process) => Promise<void>;
  report: () => ProcessReport[];
  leases: Pick<Leases, 'list' | 'break' | 'heal'>;
};

/** So long a caller may take to hang up who is to be ended after that. */
const hangUpWithinMs = 1_000;

/** Where the socket of the stack over this folder is. */
export const socketIn = (home: string): string => join(home, 'control.sock');

/** The supervisor of the stack over this folder. */
export const supervisorOver = (home: string): Supervisor => openSupervisor(socketIn(home));

/** Takes requests until `close`. Rejects where there can be no socket, as in a folder with too long a name. */
export async function openControl<Process extends string>(
  home: string,
  { processes, report, leases, ...controlled }: Controlled<Process>,
): Promise<{ close: () => Promise<void> }> {
  const path = socketIn(home);
  const fault = z.enum(faultNames);
  const request = z.discriminatedUnion('do', [
    z.strictObject({ do: z.enum(['start', 'stop']), process: z.enum(processes) }),
    z.strictObject({ do: z.literal('report') }),
    z.strictObject({ do: z.literal('faults') }),
    FaultWish.extend({ do: z.literal('break'), fault, onHangUp: z.literal(true).optional() }),
    z.strictObject({ do: z.literal('heal'), fault: fault.optional() }),
  ]);
  const callers = new Set<Socket>();
  // One after the other, so that a start and a stop of the same process do not meet. Nothing else waits for them.
  const last = new Map<Process, Promise<void>>();
  const server = createServer((caller) => {
    callers.add(caller);
    caller.on('close', () => callers.delete(caller)).on('error', () => {});
    createInterface({ input: caller })
      .on('error', () => {})
      .on(
        'line',
        (line) => void answer(line, caller).then((said) => caller.write(`${JSON.stringify(said)}\n`)),
      );
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

  async function answer(line: string, caller: Socket): Promise<ControlAnswer> {
    try {
      const done = await act(request.parse(JSON.parse(line)), caller);
      return { done: done ?? null };
    } catch (error) {
      if (error instanceof NotSwitchable) return { refused: error.message };
      return { failed: error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error) };
    }
  }

  async function act(asked: z.output<typeof request>, caller: Socket): Promise<unknown> {
    switch (asked.do) {
      case 'report':
        return report();
      case 'faults':
        return leases.list();
      case 'break': {
        const { do: _, fault: name, onHangUp, ...wish } = asked;
        const isOwn = onHangUp && faults[name].touches === 'api';
        return leases.break(name, wish, isOwn ? hungUp(caller) : undefined);
      }
      case 'heal':
        return leases.heal(asked.fault);
      default: {
        const { do: what, process } = asked;
        const done = (last.get(process) ?? Promise.resolve()).then(() => controlled[what](process));
        last.set(
          process,
          done.catch(() => {}),
        );
        return done;
      }
    }
  }
}

/** Resolves once a caller is gone, or has had the time for it. */
async function hungUp(caller: Socket): Promise<void> {
  const gone = new AbortController();
  caller.once('close', () => gone.abort());
  if (!caller.destroyed) await pause(hangUpWithinMs, gone.signal);
}
