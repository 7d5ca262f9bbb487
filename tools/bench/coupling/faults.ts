/** What is broken while callers ask, as data, and how it is broken and healed on a stack of the lab. */
import type { Scenario } from '../../platform/mailbox/scenarios.ts';
import type { ProcessName } from '../../platform/stack.ts';
import type { Link, LabStack } from '../../lab/stack.ts';

/** How a fault is brought about: a provider told to be slow, the way to a part cut, or a process held. */
type Means =
  | { slow: readonly Pick<Scenario, 'channel' | 'stage'>[] }
  | { cut: Link; how: 'swallow' | 'reset' }
  | { hold: ProcessName };

export type CouplingFault = {
  name: string;
  /** What happens, as a row of a table names it. */
  says: string;
  /** Nothing where nothing is broken. */
  means?: Means;
  /** How long it is broken: all the time, or for ten seconds in the middle. */
  lasts: 'throughout' | 'for a while';
  /** Whether callers who repeat their request are let come, too. */
  isForPatience?: true;
  /** Whether it is played under the heavy load, too. */
  isForRush?: true;
};

const slowByMs = 500;
const mail = { channel: 'email', stage: 'data' } as const;
const sms = { channel: 'sms', stage: 'http' } as const;

const held = (process: ProcessName, says: string): CouplingFault => ({
  name: `${process}-held`,
  says: `${says} is away`,
  means: { hold: process },
  lasts: 'for a while',
});

/** All of them, in the order of the tables. */
export const couplingFaults: readonly CouplingFault[] = [
  { name: 'none', says: 'nothing is broken', lasts: 'throughout', isForRush: true },
  {
    name: 'mail-slow',
    says: `the mail server takes ${slowByMs} ms longer`,
    means: { slow: [mail] },
    lasts: 'throughout',
    isForPatience: true,
    isForRush: true,
  },
  {
    name: 'mail-and-sms-slow',
    says: `the mail server and the SMS provider take ${slowByMs} ms longer`,
    means: { slow: [mail, sms] },
    lasts: 'throughout',
  },
  {
    name: 'mail-silent',
    says: 'the mail server is silent',
    means: { cut: 'smtp', how: 'swallow' },
    lasts: 'for a while',
    isForPatience: true,
  },
  {
    name: 'mail-refuses',
    says: 'the mail server resets every connection',
    means: { cut: 'smtp', how: 'reset' },
    lasts: 'for a while',
    isForPatience: true,
  },
  {
    name: 'sms-silent',
    says: 'the SMS provider is silent',
    means: { cut: 'sms', how: 'swallow' },
    lasts: 'for a while',
  },
  held('notifications', 'the notifications service'),
  held('rabbitmq', 'RabbitMQ'),
  held('kafka', 'Kafka'),
  held('temporal', 'Temporal'),
  held('postgres', 'Postgres'),
];

/** Whether the stack has what the fault breaks: a part that is attached, or not here, cannot be held. */
export function isPossible({ means }: CouplingFault, { stack }: LabStack): boolean {
  return means === undefined || !('hold' in means) || stack.pidOf(means.hold) !== undefined;
}

/** Breaks it. Returns what heals it, which resolves once it is whole again. */
export async function bring({ means }: CouplingFault, lab: LabStack): Promise<() => Promise<void>> {
  if (means === undefined) return async () => {};
  if ('slow' in means) {
    for (const wish of means.slow) await tell(lab, 'POST', { ...wish, to: '*', hangMs: slowByMs });
    return () => tell(lab, 'DELETE');
  }
  if ('cut' in means) {
    const proxy = lab.proxies[means.cut];
    proxy[means.how]();
    return async () => proxy.heal();
  }
  const { hold } = means;
  await lab.stack.hold(hold);
  return () => lab.stack.release(hold);
}

async function tell({ stack }: LabStack, method: 'POST' | 'DELETE', wish?: object): Promise<void> {
  const answer = await fetch(new URL('/scenarios', stack.urls.mailbox), {
    method,
    ...(wish === undefined ? {} : { body: JSON.stringify(wish) }),
  });
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status} ${await answer.text()}`);
}
