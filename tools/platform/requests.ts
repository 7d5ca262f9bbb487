/** What the supervisor of a stack does on request: starts and ends what runs on demand, breaks and heals, and reports. */
import { openControl } from './control.ts';
import { reasonOf } from './error.ts';
import type { Leases } from './faults/leases.ts';
import { onDemand } from './our-processes.ts';
import type { ProcessSpec } from './process-spec.ts';
import type { Roster } from './roster.ts';

/** What is needed for it. */
export type Requested = {
  home: string;
  roster: Roster;
  /** How a process that runs on demand is started. */
  spec: (name: (typeof onDemand)[number]) => Promise<ProcessSpec>;
  leases: Leases;
  say: (line: string) => void;
};

/** Takes requests at the control socket until the stack ends. Where there can be none, it is said, and the stack does without. */
export async function takeRequests({ home, roster, spec, leases, say }: Requested): Promise<void> {
  roster.alongside(leases.stop);
  try {
    const { close } = await openControl(home, {
      processes: onDemand,
      async start(name) {
        if (roster.has(name)) return;
        await roster.run(await spec(name)).catch(async (error: unknown) => {
          await roster.end(name);
          throw error;
        });
      },
      stop: roster.end,
      report: () => [
        ...roster.report(),
        ...onDemand.filter((name) => !roster.has(name)).map((name) => ({ name, ...notStarted })),
      ],
      leases,
    });
    roster.alongside(close);
  } catch (error) {
    say(`The stack cannot be asked to start or break something: ${reasonOf(error)}`);
  }
}

const notStarted = { state: 'stopped', restarts: 0 } as const;
