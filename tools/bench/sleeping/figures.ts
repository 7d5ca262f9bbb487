/** What is measured of sleepers, and what is wanted of it. Pure. */
import type { Style } from '../../../domain/signup.ts';

/** What so many signups cost that are asleep at the same time. */
export type Sleepers = {
  style: Style;
  signups: number;
  /** How many were put to sleep per second: opened, notified by both channels, and no more. */
  fallAsleepPerSecond: number;
  /** What each added to the database and to Temporal's file, logs and free space in their pages included. */
  bytesEach: { postgres: number; temporal: number };
  /** At rest, by process, once ours were made to collect their garbage. */
  memoryMb: Record<string, number>;
  /** Percent of one core, by process, while nothing happens. */
  idlePercent: Record<string, number>;
  /** Transactions per second of the database, while nothing happens. */
  idleCommitsPerSecond: number;
  clickP50Ms: number;
  clickP95Ms: number;
  /** CPU time of all processes per click, with what follows from it. Unlike the time it takes, it hardly depends on what else runs. */
  clickCpuMs: number;
  /** From starting our processes that were killed, and Temporal with the workflow, until all are ready. */
  restartSeconds: number;
};

/** What it took to send all first reminders, due at the same moment. */
export type WakeUp = {
  style: Style;
  mails: number;
  /** From the moment that they were due, or that the first was told so, until the last mail arrived. */
  seconds: number;
  mailsPerSecond: number;
  lost: number;
  twice: number;
};

/** What `npm run bench -- sleeping` writes. */
export type SleepingResults = {
  machine: { cores: number; cpu: string; memoryGb: number };
  versions: Record<string, string>;
  seed: number;
  sleepers: Sleepers[];
  wakeUp: Record<Style, WakeUp[]>;
  targets: Target[];
};

/** Something wanted, and what came of it. `met` is missing where it was not measured. */
export type Target = { what: string; wanted: string; measured: number; met: boolean };

/** Our processes; what else is measured are servers. */
export const ourProcesses = ['api', 'accounts', 'notifications', 'tracker'] as const;

/** Of figures by process, the sum over ours. */
export function ofOurs(byProcess: Record<string, number>): number {
  return ourProcesses.reduce((sum, name) => sum + (byProcess[name] ?? NaN), 0);
}

/**
 * What is wanted, as far as it was measured. `fullPace` is how many signups per second the chain does under full load: each has one
 * mail and one SMS, where a wake-up has one mail.
 */
export function targetsOf(
  sleepers: readonly Sleepers[],
  wakeUps: readonly WakeUp[],
  fullPace: number | undefined,
): Target[] {
  const among = (style: Style, signups: number) =>
    sleepers.find((each) => each.style === style && each.signups === signups);
  const targets: Target[] = [];
  const add = (style: Style, what: string, wanted: string, measured: number, met: boolean) =>
    targets.push({ what: `${style}: ${what}`, wanted, measured, met });
  for (const style of ['choreography', 'orchestration'] as const) {
    const [few, some, many] = [among(style, 100), among(style, 1000), among(style, 10_000)];
    if (some && many) {
      const grown = ofOurs(many.memoryMb) - ofOurs(some.memoryMb);
      add(style, 'MB that ours grow by from 1,000 to 10,000 asleep', '< 20', grown, grown < 20);
    }
    if (few && many) {
      const ratio = many.clickP50Ms / few.clickP50Ms;
      add(style, 'a click among 10,000 asleep ÷ among 100', '≤ 1.5', ratio, ratio <= 1.5);
      const cpuRatio = many.clickCpuMs / few.clickCpuMs;
      add(style, 'its CPU time, likewise', '≤ 1.5', cpuRatio, cpuRatio <= 1.5);
    }
    if (many) {
      const idle = ofOurs(many.idlePercent);
      add(style, 'percent of one core that ours use with 10,000 asleep', '≤ 2', idle, idle <= 2);
    }
  }
  const wakeUp = wakeUps.find(({ style, mails }) => style === 'choreography' && mails >= 9000);
  const paces = {
    'signups/s of 100 clients, as last measured': fullPace,
    'signups/s of 100 clients, in this run': among('choreography', 10_000)?.fallAsleepPerSecond,
  };
  for (const [what, pace] of Object.entries(paces)) {
    if (!wakeUp || pace === undefined) continue;
    const ratio = wakeUp.mailsPerSecond / pace;
    add('choreography', `mails/s of the wake-up ÷ ${what}`, '≥ 0.75', ratio, ratio >= 0.75);
  }
  return targets;
}
