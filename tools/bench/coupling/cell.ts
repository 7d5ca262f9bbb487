/** Measures one cell: callers ask, something breaks and heals, and what became of each signup is watched from outside. */
import { join } from 'node:path';
import { every, pause, until } from '../../../adapters/waiting.ts';
import { promises } from '../../../domain/styles.ts';
import type { LabStack } from '../../lab/stack.ts';
import type { Witness } from '../../lab/witness.ts';
import { seededRandom } from '../load.ts';
import { residentOf } from '../usage.ts';
import { openArrivals, type Arrivals } from './arrivals.ts';
import { arrivalsOf, type Call } from './asking.ts';
import { callersAsk, customersOf, patient, warmUp } from './callers.ts';
import { bring, type CouplingFault } from './faults.ts';
import {
  answersOf,
  isAccepted,
  mostInFlight,
  notifiedWithin,
  type ApiUsage,
  type CouplingCell,
} from './figures.ts';
import { judgeAll } from './judging.ts';
import { nameOf, type Extent, type Job } from './plan.ts';

type Measuring = {
  lab: LabStack;
  witness: Witness;
  extent: Extent;
  seed: number;
  signal: AbortSignal;
};

/**
 * How long is waited for a style that sees through what it began, and for one that does nothing more for a caller who left: until nothing
 * has arrived for a while, which is longer than the pause before another attempt, and for what is recorded to follow what arrived.
 */
const seenThrough = { quietMs: 20_000, settlesWithinMs: 20_000 };
const leftAlone = { outcomesWithinMs: 15_000, quietMs: 5000, settlesWithinMs: 0 };

/** So long before the first caller all is prepared. */
const leadMs = 500;

/** Measures a cell on a stack where everything else is at rest. */
export async function measureCell(job: Job, measuring: Measuring): Promise<CouplingCell> {
  const { load, fault, style, patience, number } = job;
  const { lab, witness, extent, seed, signal } = measuring;
  await warmUp(job, measuring);

  const dueMs = arrivalsOf(seededRandom(seed), load.perSecond, load.seconds);
  const customers = customersOf(lab, `coupling-${number}`, style, dueMs.length);
  const arrivals = await openArrivals(join(lab.stack.home, 'mailbox.jsonl'));
  const beginAt = Date.now() + leadMs;
  const times = brokenTimes(job, beginAt);
  const play = async () => {
    const asking = callersAsk(
      {
        api: lab.stack.urls.api,
        callers: customers.map((customer, index) => ({ ...customer, dueMs: dueMs[index]! })),
        beginAt,
        patience: patience === 'patient' ? patient : { leaveAfterMs: extent.leaveAfterMs },
      },
      signal,
    );
    // Whatever comes of the callers, what is broken is healed.
    asking.catch(() => {});
    const brokenSeconds = await breakAndHeal(fault, lab, times, signal);
    return { brokenSeconds, calls: await asking };
  };
  const { calls, brokenSeconds, api } = await usageDuring(() => lab.stack.pidOf('api'), play);

  const accepted = new Set(calls.filter(isAccepted).map(({ signupId }) => signupId));
  const { outcomesWithinMs, quietMs, settlesWithinMs } = promises(style, 'outcome-after-the-caller-left')
    ? { ...seenThrough, outcomesWithinMs: extent.outcomesWithinMs }
    : leftAlone;
  await untilNotified(calls, accepted, arrivals, { withinMs: outcomesWithinMs, quietMs, signal });
  const judged = await judgeAll(customers, accepted, witness, { withinMs: settlesWithinMs, signal });
  return {
    ...nameOf(job),
    answers: answersOf(calls),
    duringFault: answersOf(
      calls.filter(({ askedAt }) => askedAt >= times.brokenFrom && askedAt < times.brokenUntil),
    ),
    acceptedPerSecond: accepted.size / load.seconds,
    mostInFlight: mostInFlight(calls),
    notified: notifiedWithin(calls, arrivals.notifiedAt),
    brokenSeconds,
    api,
    ...judged,
  };
}

type BrokenTimes = { brokenFrom: number; brokenUntil: number };

/** When the fault begins and is healed. Those who come first find slow what is slow throughout. */
function brokenTimes({ fault, load }: Job, beginAt: number): BrokenTimes {
  const after = (seconds: number) => beginAt + seconds * 1000;
  return fault.lasts === 'throughout'
    ? { brokenFrom: beginAt - leadMs, brokenUntil: after(load.seconds) }
    : { brokenFrom: after(load.brokenFrom), brokenUntil: after(load.brokenUntil) };
}

/** Returns the seconds until all was whole again: what was killed takes its time to start. */
async function breakAndHeal(
  fault: CouplingFault,
  lab: LabStack,
  { brokenFrom, brokenUntil }: BrokenTimes,
  signal: AbortSignal,
): Promise<number> {
  await pause(Math.max(0, brokenFrom - Date.now()), signal);
  const heal = await bring(fault, lab);
  await pause(Math.max(0, brokenUntil - Date.now()), signal);
  await heal();
  signal.throwIfAborted();
  return (Date.now() - brokenFrom) / 1000;
}

/** Waits until all are notified, or those that were accepted are and nothing more arrives; at most so long after the last answer. */
async function untilNotified(
  calls: readonly Call[],
  accepted: ReadonlySet<string>,
  arrivals: Arrivals,
  { withinMs, quietMs, signal }: { withinMs: number; quietMs: number; signal: AbortSignal },
): Promise<void> {
  const endedAt = Date.now();
  const areNotified = async () => {
    const lastAt = (await arrivals.read()) ?? endedAt;
    const missing = calls.filter(({ signupId }) => arrivals.notifiedAt(signupId) === undefined);
    const isQuiet = Date.now() > Math.max(lastAt, endedAt) + quietMs;
    return missing.length === 0 || (isQuiet && !missing.some(({ signupId }) => accepted.has(signupId)));
  };
  // What has not arrived by then is for the judge.
  await until('all to be notified', areNotified, { withinMs, everyMs: 250, signal }).catch(() => {});
  signal.throwIfAborted();
}

/** Looks at a process now and then while something is done. Nothing where it is not known what processes use. */
async function usageDuring<T extends object>(
  pid: () => number | undefined,
  work: () => Promise<T>,
): Promise<T & { api?: ApiUsage | undefined }> {
  const over = new AbortController();
  let api: ApiUsage | undefined;
  const look = async () => {
    const now = residentOf(pid());
    if (!now) return;
    const { megabytes, threads } = now;
    api ??= { beforeMb: megabytes, mostMb: 0, beforeThreads: threads, mostThreads: 0 };
    api.mostMb = Math.max(api.mostMb, megabytes);
    api.mostThreads = Math.max(api.mostThreads, threads);
  };
  const watching = every(200, look, over.signal);
  try {
    const done = await work();
    return { ...done, api };
  } finally {
    over.abort();
    await watching;
  }
}
