/** What a cell comes to, from what its callers got and when their signups were notified. Pure. */
import type { CellName } from './plan.ts';
import { percentile } from '../../../domain/percentile.ts';
import type { Machine } from '../machine.ts';
import type { Call } from './asking.ts';

/** How many callers got what, and how long they waited: for an answer of any kind, or until they left. */
export type Answers = {
  asked: number;
  /** Answered with 201 or 202. */
  accepted: number;
  /** Left without an answer. */
  left: number;
  /** Connections that failed. */
  failed: number;
  /** Answers of 503, those of requests that were repeated included. */
  unavailable: number;
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  /** Share of those who asked that were accepted within a second. */
  within1s: number;
};

/** What the api used: megabytes in memory and threads, when the cell began and at most. */
export type ApiUsage = { beforeMb: number; mostMb: number; beforeThreads: number; mostThreads: number };

/** What the judge of the lab found afterwards: signups, and messages that arrived twice. */
export type Judged = { lost: number; stuck: number; inconsistent: number; twice: number; findings: string[] };

/** One cell of `results/coupling.json`. */
export type CouplingCell = CellName & {
  answers: Answers;
  /** Of those who asked while something was broken; where nothing is, at the same seconds. */
  duringFault: Answers;
  acceptedPerSecond: number;
  mostInFlight: number;
  /** Share of those who asked that were notified over every channel within so many seconds of asking. */
  notified: { within1s: number; within10s: number; within60s: number };
  /** From breaking until it was whole again, as it was measured. */
  brokenSeconds: number;
  /** Missing where it is not known how much processes use. */
  api?: ApiUsage | undefined;
} & Judged;

/** `results/coupling.json`. */
export type CouplingResults = {
  machine: Machine;
  versions: Record<string, string>;
  seed: number;
  quick: boolean;
  /** The day on which the run began. */
  date: string;
  /** The faults in words, so that a reader needs no source. */
  faults: readonly { name: string; says: string; lasts: string }[];
  cells: readonly CouplingCell[];
};

/** How a set of calls was answered. */
export function answersOf(calls: readonly Call[]): Answers {
  const waits = calls.map(waitOf);
  const count = (fits: (call: Call) => boolean) => calls.filter(fits).length;
  return {
    asked: calls.length,
    accepted: count(isAccepted),
    left: count(({ answer }) => answer === 'left'),
    failed: count(({ answer }) => answer === 'none'),
    unavailable: calls.reduce((sum, { unavailable }) => sum + unavailable, 0),
    p50Ms: percentile(waits, 50),
    p99Ms: percentile(waits, 99),
    longestMs: percentile(waits, 100),
    within1s: count((call) => isAccepted(call) && waitOf(call) <= 1000) / calls.length,
  };
}

/** Whether a caller was promised a signup, or given a finished one. */
export function isAccepted({ answer }: Call): boolean {
  return answer === 201 || answer === 202;
}

function waitOf({ askedAt, endedAt }: Call): number {
  return endedAt - askedAt;
}

/** The most callers that waited at the same time. */
export function mostInFlight(calls: readonly Call[]): number {
  const changes = calls.flatMap(({ askedAt, endedAt }) => [
    { at: askedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  let inFlight = 0;
  let most = 0;
  // Whoever leaves makes room for whoever comes at the same moment.
  for (const { by } of changes.toSorted((one, other) => one.at - other.at || one.by - other.by)) {
    inFlight += by;
    most = Math.max(most, inFlight);
  }
  return most;
}

/** Share of those who asked that were notified within these seconds of asking. */
export function notifiedWithin(
  calls: readonly Call[],
  notifiedAt: (signupId: string) => number | undefined,
): CouplingCell['notified'] {
  const share = (seconds: number) =>
    calls.filter(({ signupId, askedAt }) => (notifiedAt(signupId) ?? Infinity) - askedAt <= seconds * 1000)
      .length / calls.length;
  return { within1s: share(1), within10s: share(10), within60s: share(60) };
}
