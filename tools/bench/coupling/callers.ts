/** The callers of a cell: who they are, those of before the load, and the thread from which they ask. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { until } from '../../../adapters/waiting.ts';
import type { Style } from '../../../domain/signup.ts';
import { signupIdOf } from '../../../domain/tokens.ts';
import type { Customer } from '../../lab/customers.ts';
import type { LabStack } from '../../lab/stack.ts';
import { seededRandom } from '../load.ts';
import { openArrivals } from './arrivals.ts';
import { arrivalsOf, askAll, type Asking, type Call, type Patience } from './asking.ts';
import { isAccepted } from './figures.ts';
import type { Job } from './plan.ts';

/** A patient caller waits for one answer longer than any style takes for one. */
export const patient: Patience = { leaveAfterMs: 15_000, repeatWithinMs: 60_000 };

/** Callers of before the first second, whose signups show that all is whole and warm. */
const firstCallers = { perSecond: 10, seconds: 1 };

/** Customers who wait for the click, each with a phone: all are sent the same. */
export function customersOf({ stack }: LabStack, name: string, style: Style, count: number): Customer[] {
  const verificationKey = stack.environmentOf('api')['VERIFICATION_KEY']!;
  return Array.from({ length: count }, (_, index) => {
    const key = `${name}-${index}`;
    const digits = name.replaceAll(/\D/g, '').padStart(4, '0') + String(index).padStart(5, '0');
    return {
      key,
      style,
      signupId: signupIdOf(style, key, verificationKey),
      intent: 'wait',
      request: { email: `${key}@example.com`, phone: `+1${digits}`, name: 'Ada Lovelace', style },
    };
  });
}

/** Lets patient callers come until theirs are all notified: what was broken before is whole, and what is compiled late is compiled. */
export async function warmUp(
  { number, style }: Pick<Job, 'number' | 'style'>,
  { lab, seed, signal }: { lab: LabStack; seed: number; signal: AbortSignal },
): Promise<void> {
  const arrivals = await openArrivals(join(lab.stack.home, 'mailbox.jsonl'));
  const dueMs = arrivalsOf(seededRandom(seed), firstCallers.perSecond, firstCallers.seconds);
  const callers = customersOf(lab, `before-${9000 + number}`, style, dueMs.length).map((customer, index) => {
    return { ...customer, dueMs: dueMs[index]! };
  });
  const calls = await askAll({ api: lab.stack.urls.api, callers, beginAt: Date.now(), patience: patient });
  const refused = calls.find((call) => !isAccepted(call));
  if (refused) throw new Error(`a caller of before the load was answered ${refused.answer}`);
  const areNotified = async () => {
    await arrivals.read();
    return calls.every(({ signupId }) => arrivals.notifiedAt(signupId) !== undefined);
  };
  await until('signups of before the load', areNotified, { withinMs: 60_000, everyMs: 100, signal });
}

/** Lets callers ask from a thread of their own. */
export async function callersAsk(asking: Asking, signal: AbortSignal): Promise<Call[]> {
  const thread = new Worker(new URL('asking-thread.ts', import.meta.url), { workerData: asking });
  try {
    const [calls] = (await once(thread, 'message', { signal })) as [Call[]];
    return calls;
  } finally {
    await thread.terminate();
  }
}
