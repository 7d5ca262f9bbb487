/** `GET /styles`: what the stack says of itself, whatever is away, at the price of one reading a second. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import type { StackReport, StyleReport } from '../../domain/report.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { promises, traits } from '../../domain/styles.ts';
import { reporting } from '../../workers/shared/report.ts';
import { samplesIn } from '../../workers/shared/neighbour.ts';
import {
  beginScenario,
  endScenario,
  notifiedSignup,
  postSignup,
  postUntilAnswered,
  uniqueRequest,
} from '../client.ts';
import { databaseOf } from '../inside.ts';
import { theStack } from '../stack.ts';
import { bareCoordinator } from './bare-app.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { exchange } from './exchange.ts';

const isChain = (style: Style) => traits[style].mechanism === 'chain';
const overQueues = (style: Style) => traits[style].carrier === 'rabbitmq-queue';

async function report(): Promise<StackReport> {
  const began = performance.now();
  const { status, body } = await exchange<StackReport>('GET', '/styles');
  assert.equal(status, 200);
  assert.ok(performance.now() - began < 5000, 'it does not wait for what is away');
  return body;
}

const of = ({ styles: all }: StackReport, style: Style) => all.find((each) => each.style === style)!;

/** Waits until the report is so. */
const reported = (what: string, isSo: (report: StackReport) => boolean) =>
  until(
    what,
    async () => {
      const shown = await report();
      if (isSo(shown)) return shown;
      throw new Error(JSON.stringify(shown));
    },
    { everyMs: 250 },
  );

/** Waits until the signups of every style are counted: a number that was not read in time is left out. */
const counted = () =>
  reported('the numbers to be there', ({ styles: all }) => all.every(({ counts }) => counts !== null));

describe('GET /styles', function () {
  this.timeout(120_000);

  it('has the numbers of every style, and which it has none of', async () => {
    const before = await counted();
    for (const style of styles) await notifiedSignup(uniqueRequest(style));
    const shown = await reported(
      'the signups to be counted, and all that is told of them to be read',
      (now) =>
        now.processes !== null &&
        now.faults !== null &&
        styles.every((style) => {
          const { counts, notified, depth, unsent, setAside } = of(now, style);
          return (
            counts !== null &&
            counts.pending > of(before, style).counts!.pending &&
            notified !== null &&
            (!isChain(style) || (depth === 0 && unsent !== null && setAside !== null))
          );
        }),
    );
    assert.deepEqual(
      shown.styles.map(({ style }) => style),
      styles,
    );
    for (const style of styles) {
      const { isHere, whyNot, notified, retrying, parked, unsent, oldestUnsentMs, depth, setAside, threads } =
        of(shown, style);
      assert.deepEqual([isHere, whyNot], [true, null]);
      assert.ok(notified!.of > 0 && notified!.of <= 1000);
      assert.ok(notified!.p50Ms >= 0 && notified!.p50Ms <= notified!.p99Ms);
      assert.ok(retrying! >= 0 && parked! >= 0);
      const isNumber = [unsent, oldestUnsentMs, depth, setAside].map((value) => value !== null);
      assert.deepEqual(isNumber, [isChain(style), isChain(style), isChain(style), isChain(style)], style);
      assert.equal(threads !== null, traits[style].manner === 'blocking');
      if (threads) assert.ok(threads.busy >= 0 && threads.of > 0);
    }
    assert.ok(shown.processes!.some(({ name, state }) => name === 'api' && state === 'running'));
    assert.ok(shown.faults!.every(({ healsAt }) => healsAt === null));
  });

  it('counts what is tried again, and what is parked', async () => {
    const parking = styles.filter((style) => promises(style, 'parking'));
    const before = await counted();
    const failing: string[] = [];
    try {
      for (const style of parking) {
        const later = uniqueRequest(style);
        const never = uniqueRequest(style);
        failing.push(later.phone!, never.email);
        await beginScenario({ channel: 'sms', to: later.phone, stage: 'http', reply: { status: 503 } });
        await postUntilAnswered(later);
        const mail = { channel: 'email', to: never.email, stage: 'rcpt' };
        await beginScenario({ ...mail, reply: '550 5.7.1 Not from you' });
        await postUntilAnswered(never);
      }
      await reported('one of each to be counted', (now) =>
        parking.every(
          (style) =>
            of(now, style).retrying! > of(before, style).retrying! &&
            of(now, style).parked! > of(before, style).parked!,
        ),
      );
    } finally {
      for (const to of failing) await endScenario(to);
    }
  });

  it('says what waits in queues, and in outboxes while the broker is away', async () => {
    const stack = theStack();
    const queues = styles.find(overQueues)!;
    await stack.hold('notifications');
    try {
      const carried = styles.filter(isChain);
      for (const style of carried) await postSignup(uniqueRequest(style));
      const shown = await reported(
        'events to wait in every queue and log',
        (now) => now.processes !== null && carried.every((style) => (of(now, style).depth ?? 0) > 0),
      );
      assert.equal(of(shown, queues).unsent, null, 'what notifications has to tell is not known');
      assert.ok(shown.processes!.some(({ name, state }) => name === 'notifications' && state === 'held'));
    } finally {
      await stack.release('notifications');
      await stack.untilReady('notifications');
    }
    await stack.hold('rabbitmq');
    try {
      await postSignup(uniqueRequest(queues));
      const shown = await reported('an event to wait, and grow old, and all signups to be counted', (now) => {
        const { unsent, oldestUnsentMs, counts } = of(now, queues);
        return unsent! > 0 && oldestUnsentMs! > 0 && counts !== null;
      });
      assert.equal(of(shown, queues).depth, null);
    } finally {
      await stack.release('rabbitmq');
      for (const name of ['accounts', 'notifications'] as const) await stack.untilReady(name);
    }
  });

  it('comes without its numbers while the database is away, and has the processes all the same', async () => {
    const stack = theStack();
    await stack.hold('postgres');
    try {
      const shown = await reported(
        'the numbers to be left out, and not the processes',
        ({ styles: all, processes }) => processes !== null && all.every(({ counts }) => counts === null),
      );
      const numbers = ({ notified, retrying, parked, unsent }: StyleReport) => [
        notified,
        retrying,
        parked,
        unsent,
      ];
      for (const each of shown.styles) assert.deepEqual(numbers(each), [null, null, null, null], each.style);
      assert.ok(shown.processes!.length > 0);
    } finally {
      await stack.release('postgres');
      for (const name of ['api', 'accounts', 'notifications', 'tracker'] as const)
        await stack.untilReady(name);
    }
  });

  it('comes while Temporal is away', async () => {
    const stack = theStack();
    await stack.hold('temporal');
    try {
      // A report is up to a second old: the first may be one of while Postgres was away.
      await counted();
    } finally {
      await stack.release('temporal');
      for (const name of ['accounts', 'notifications'] as const) await stack.untilReady(name);
    }
  });
});

describe('The report of a stack', () => {
  it('is made once a second however many ask, and without a supervisor has neither processes nor faults', async () => {
    let asked = 0;
    const count = async () => {
      asked += 1;
      throw new Error('there is none');
    };
    const read = reporting({
      database: databaseOf('accounts'),
      coordinators: forEachStyle(() => ({ ...bareCoordinator, notHere: 'not here' })),
      chain: {
        backlog: async () => ({ unsent: [], waiting: 0, parked: 0 }),
        depthOf: async () => undefined,
        written: async () => undefined,
      },
      queues: [],
      notificationsUrl: 'http://127.0.0.1:9',
      threads: {
        figures: () => ({ threads: 0, standingStill: 0, waiting: 0, refused: 0 }),
        atMost: 50,
      },
      supervisor: { processes: count, faults: async () => [] },
    });
    const beganAt = Date.now();
    const all = await Promise.all(Array.from({ length: 200 }, () => read()));
    assert.equal(asked, 1);
    assert.equal(new Set(all).size, 1);
    assert.equal(all[0]!.processes, null);
    assert.ok(all[0]!.styles.every(({ isHere, whyNot }) => !isHere && whyNot === 'not here'));
    await until('another one', async () => (await read()) !== all[0]);
    assert.ok(Date.now() - beganAt >= 1000);
  });

  it('reads the numbers of another process as Prometheus would', () => {
    const samples = samplesIn('# TYPE a gauge\na{service="x",style="y\\"z"} 3\na{service="w"} 4\nb 0.5\n');
    assert.deepEqual(samples.get('a'), [
      { labels: { service: 'x', style: 'y\\"z' }, value: 3 },
      { labels: { service: 'w' }, value: 4 },
    ]);
    assert.deepEqual(samples.get('b'), [{ labels: {}, value: 0.5 }]);
  });
});
