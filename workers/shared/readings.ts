/** What the metrics of our processes read from where. No label names a person or a signup. */
import type { Database } from '../../adapters/postgres.ts';
import {
  notifiedWithinSeconds,
  openTotals,
  signupTotals,
  type SignupTotals,
} from '../../tracking/tracked.ts';
import type { Threads } from '../../coordinators/calls/threads/pool.ts';
import type { Coordinator } from '../../domain/coordinator.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { stylesPlayedBy, traits } from '../../domain/styles.ts';
import type { Unsent } from '../../messaging/backlog.ts';
import { readinessOf } from '../../http/readiness.ts';
import type { ChainService } from '../../messaging/service.ts';
import type { SetAside } from '../../messaging/transport.ts';
import type { Reading, Sample } from './metrics.ts';

/**
 * What the tracker knows of every style. These are totals over all that ever was, so they survive restarts; who asks several
 * processes takes the largest, not the sum.
 */
export function trackerReading(database: Database): Reading {
  return {
    part: 'tracker',
    families: {
      duet_signups: { type: 'gauge', help: 'Signups by style and status' },
      duet_signup_notified_seconds: {
        type: 'histogram',
        help: 'From accepted to notified, in the time of the signup',
      },
      duet_parked_steps: { type: 'gauge', help: 'Steps that wait for `resume`, by style' },
    },
    async read() {
      const [totals, open] = await Promise.all([signupTotals(database), openTotals(database)]);
      return {
        duet_signups: totals.map(({ style, status, signups }) => ({
          labels: { style, status },
          value: signups,
        })),
        duet_signup_notified_seconds: styles.flatMap((style) =>
          histogram(
            style,
            totals.filter((total) => total.style === style),
          ),
        ),
        duet_parked_steps: styles.map((style) => ({
          labels: { style },
          value: open.find((total) => total.style === style && total.kind === 'parked')?.steps ?? 0,
        })),
      };
    },
  };
}

function histogram(style: string, totals: SignupTotals[]): Sample[] {
  const name = 'duet_signup_notified_seconds';
  const sum = (of: (total: SignupTotals) => number) => totals.reduce((whole, total) => whole + of(total), 0);
  const notified = sum((total) => total.notified);
  return [
    ...notifiedWithinSeconds.map((le, index) => ({
      metricName: `${name}_bucket`,
      labels: { style, le },
      value: sum(({ within }) => within[index] ?? 0),
    })),
    { metricName: `${name}_bucket`, labels: { style, le: '+Inf' }, value: notified },
    { metricName: `${name}_sum`, labels: { style }, value: sum(({ seconds }) => seconds) },
    { metricName: `${name}_count`, labels: { style }, value: notified },
  ];
}

/** What waits in a service's own rows. All processes of a service have the same. */
export function backlogReading(service: string, chain: ChainService): Reading {
  return {
    part: 'database',
    families: {
      duet_outbox_unsent: { type: 'gauge', help: 'Events that are told but not yet published, by style' },
      duet_outbox_oldest_unsent_seconds: { type: 'gauge', help: 'Age of the oldest of them, or 0' },
      duet_deliveries: { type: 'gauge', help: 'Events to be tried again (`waiting`) or parked' },
    },
    async read() {
      const { unsent, waiting, parked } = await chain.backlog();
      const ofEach = (valueOf: (of: Unsent) => number) =>
        stylesPlayedBy('chain').map((style) => {
          const found = unsent.find((each) => each.style === style);
          return { labels: { service, style }, value: found ? valueOf(found) : 0 };
        });
      return {
        duet_outbox_unsent: ofEach(({ events }) => events),
        duet_outbox_oldest_unsent_seconds: ofEach(({ oldestSeconds }) => oldestSeconds),
        duet_deliveries: Object.entries({ waiting, parked }).map(([state, value]) => ({
          labels: { service, state },
          value,
        })),
      };
    },
  };
}

/**
 * What lies with a carrier of events, or was lost there, and comes to no reaction. Each carrier is read by itself: what
 * services keep as rows is known while a broker is away.
 */
export function setAsideReading(
  service: string,
  carrier: string,
  setAside: () => Promise<SetAside>,
): Reading {
  return {
    part: carrier,
    families: {
      duet_dead_letters: { type: 'gauge', help: 'Messages that were set aside, by queue' },
      duet_unrouted_events: { type: 'gauge', help: 'Events that no queue was bound to' },
      duet_log_records_passed: {
        type: 'gauge',
        help: 'Records of logs that this service has passed, over all partitions',
      },
      duet_log_records_missed: {
        type: 'gauge',
        help: 'Records of logs that were gone before this service read them',
      },
      duet_log_partitions_remade: {
        type: 'gauge',
        help: 'How often this service found a partition of a log made anew, and read it from its beginning',
      },
    },
    async read() {
      const { deadLetters, unrouted, passed, missed, remade } = await setAside();
      const ofLog = (value: number | undefined) =>
        value === undefined ? [] : [{ labels: { service, log: carrier }, value }];
      return {
        duet_dead_letters: [...deadLetters].map(([queue, value]) => ({ labels: { queue }, value })),
        duet_unrouted_events: unrouted === undefined ? [] : [{ labels: {}, value: unrouted }],
        duet_log_records_passed: ofLog(passed),
        duet_log_records_missed: ofLog(missed),
        duet_log_partitions_remade: ofLog(remade),
      };
    },
  };
}

/** The same for each style of a chain. */
export function setAsideReadings(service: string, { setAside }: Pick<ChainService, 'setAside'>): Reading[] {
  return [...setAside].map(([style, ask]) => setAsideReading(service, traits[style].carrier ?? style, ask));
}

/** Whether each style can take signups, as `GET /health/ready` says. */
export function readyReading(coordinators: Record<Style, Coordinator>): Reading {
  return {
    part: 'readiness',
    families: { duet_style_ready: { type: 'gauge', help: '1 where a style can take signups, else 0' } },
    read: async () => ({
      duet_style_ready: await Promise.all(
        styles.map(async (style) => ({
          labels: { style },
          value: (await readinessOf(coordinators[style])).ready ? 1 : 0,
        })),
      ),
    }),
  };
}

/** How many listen to `GET /events`. */
export function feedReading(readers: () => number): Reading {
  return {
    part: 'feed',
    families: { duet_feed_readers: { type: 'gauge', help: 'Open streams of `GET /events`' } },
    read: async () => ({ duet_feed_readers: [{ labels: {}, value: readers() }] }),
  };
}

/** The threads of the style that blocks one for each caller. */
export function threadsReading(threads: Pick<Threads, 'figures'>): Reading {
  return {
    part: 'threads',
    families: {
      duet_threads: { type: 'gauge', help: 'Threads of the style that holds one for each caller' },
      duet_threads_standing_still: { type: 'gauge', help: 'Those that wait for the answer to a call' },
      duet_callers_waiting: { type: 'gauge', help: 'Callers that wait for a thread' },
      duet_callers_refused: { type: 'gauge', help: 'Callers refused for want of a thread, since the start' },
    },
    async read() {
      const { threads: there, standingStill, waiting, refused } = threads.figures();
      return {
        duet_threads: [{ labels: {}, value: there }],
        duet_threads_standing_still: [{ labels: {}, value: standingStill }],
        duet_callers_waiting: [{ labels: {}, value: waiting }],
        duet_callers_refused: [{ labels: {}, value: refused }],
      };
    },
  };
}
