/** `GET /metrics` of each process: readable, moving with what happens, and there whatever is away. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { stylesThat } from '../styles-that.ts';
import { placeAside } from '../../messaging/transports/log/log.ts';
import { endScenario, beginScenario, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { until } from '../../adapters/waiting.ts';
import { itSideBySide } from '../side-by-side.ts';
import { theStack } from '../stack.ts';
import { exchange } from './exchange.ts';
import { listen } from './listener.ts';
import { readMetrics, type Samples } from './prometheus.ts';

/** What carries events, and that of it which keeps what is set aside to itself. */
const carriers = styles.flatMap((style) => traits[style].carrier ?? []);
const queues = 'rabbitmq-queue';

const processes = ['api', 'accounts', 'notifications', 'tracker'] as const;
type ProcessName = (typeof processes)[number];

async function metricsOf(name: ProcessName): Promise<Samples> {
  const url = `http://127.0.0.1:${theStack().portOf(name)}`;
  const { status, contentType, body } = await exchange<string>('GET', '/metrics', { url });
  assert.equal(status, 200);
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  return readMetrics(body);
}

/** Waits until a metric of a process is so. */
const metric = (
  process: ProcessName,
  name: string,
  labels: Record<string, string>,
  isSo: (value: number | undefined) => boolean,
) =>
  until(
    `${name} ${JSON.stringify(labels)} of ${process}`,
    async () => {
      const value = (await metricsOf(process)).value(name, labels);
      if (isSo(value)) return true;
      throw new Error(String(value));
    },
    { everyMs: 250 },
  );

/** Waits until a process could read all of these parts, and none of those that are away, and gives what it then says. */
const metricsWith = (process: ProcessName, parts: readonly string[], away: readonly string[] = []) =>
  until(
    `${process} to read ${parts.join(', ')}`,
    async () => {
      const samples = await metricsOf(process);
      const errors = (of: readonly string[]) =>
        of.map((part) => samples.value('duet_scrape_errors', { part }));
      assert.deepEqual([errors(parts), errors(away)], [parts.map(() => 0), away.map(() => 1)]);
      return samples;
    },
    { everyMs: 250 },
  );

const atLeast = (least: number) => (value: number | undefined) => value !== undefined && value >= least;

describe('GET /metrics', () => {
  for (const process of processes.filter((name) => name !== 'tracker')) {
    it(`of ${process} has what waits, what is set aside, and how Node.js does`, async () => {
      const { value, names, labels } = await metricsWith(process, ['database', ...carriers]);
      const service = process === 'api' ? 'accounts' : process;
      for (const name of ['duet_outbox_unsent', 'duet_outbox_oldest_unsent_seconds'])
        assert.ok(atLeast(0)(value(name, { service, process })), name);
      for (const state of ['waiting', 'parked'])
        assert.ok(atLeast(0)(value('duet_deliveries', { service, state })), state);
      assert.ok(atLeast(0)(value('duet_unrouted_events')));
      assert.equal(names.has('duet_dead_letters'), process !== 'api', 'the api has no queues of its own');
      for (const log of process === 'api' ? [] : carriers.filter((carrier) => carrier !== queues))
        for (const name of ['duet_log_records_missed', 'duet_log_partitions_remade'])
          assert.ok(atLeast(0)(value(name, { service, log })), `${name} of ${log}`);
      assert.ok(names.has('nodejs_eventloop_lag_seconds'));
      for (const label of labels) assert.doesNotMatch(label.value, /@|\+\d{7}|[0-9a-f]{8}-[0-9a-f]{4}-/);
    });
  }

  describe('counts a signup, and how long it took until it was notified,', () => {
    const it = itSideBySide();

    for (const style of styles) {
      it(`of ${style}`, async () => {
        const before = await metricsWith('api', ['tracker']);
        const pending = before.value('duet_signups', { style, status: 'pending' }) ?? 0;
        const { value: was } = before;
        const notified = was('duet_signup_notified_seconds_count', { style }) ?? 0;
        await startSignup(uniqueRequest(style));
        for (const process of ['api', 'tracker'] as const) {
          await metric(process, 'duet_signups', { style, status: 'pending' }, atLeast(pending + 1));
          await metric(process, 'duet_signup_notified_seconds_count', { style }, atLeast(notified + 1));
        }
        const { value: is } = await metricsWith('api', ['tracker']);
        const sum = 'duet_signup_notified_seconds_sum';
        assert.ok(is(sum, { style })! > (was(sum, { style }) ?? 0));
      });
    }
  });

  describe('counts what is tried again', () => {
    const it = itSideBySide();

    for (const style of styles) {
      it(`of ${style}`, async () => {
        const request = uniqueRequest(style);
        const labels = { style, step: 'sendEmail welcome' };
        // The caller of a step counts: the service itself, or the api whose request waits for it.
        const caller = traits[style].mechanism === 'calls' ? 'api' : 'notifications';
        const { value: was } = await metricsOf(caller);
        const retries = was('duet_step_retries_total', labels) ?? 0;
        const reply = '451 4.3.0 Try later';
        await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply, times: 1 });
        await startSignup(request);
        await metric(caller, 'duet_step_retries_total', labels, atLeast(retries + 1));
      });
    }
  });

  describe('counts what is parked', () => {
    const it = itSideBySide();

    for (const style of stylesThat('parking')) {
      it(`of ${style}`, async () => {
        const stuck = uniqueRequest(style);
        const { value: was } = await metricsWith('tracker', ['tracker']);
        const parked = was('duet_parked_steps', { style }) ?? 0;
        await beginScenario({ channel: 'email', to: stuck.email, stage: 'rcpt', reply: '550 5.7.1 Not us' });
        const { id } = await startSignup(stuck);
        await metric('tracker', 'duet_parked_steps', { style }, atLeast(parked + 1));
        // The tracker may have it before the signup does, and what is not parked yet is not resumed.
        await signupThat('is parked', id, (signup) => signup.parked.length > 0);
        await endScenario(stuck.email);
        await exchange('POST', `/signups/${id}/resume`);
        await signupThat('has nothing parked', id, (signup) => signup.parked.length === 0);
      });
    }
  });

  it('says whether each style can take signups', async () => {
    for (const style of styles) await metric('api', 'duet_style_ready', { style }, (value) => value === 1);
  });

  it('counts who listens to the feed', async () => {
    const listener = await listen();
    await metric('api', 'duet_feed_readers', {}, atLeast(1));
    listener.leave();
    await metric('api', 'duet_feed_readers', {}, (value) => value === 0);
  });

  it('is there while the broker is away: what only the broker knows is absent, it says so, and the rest is there', async () => {
    const stack = theStack();
    await stack.hold('rabbitmq');
    try {
      const logs = carriers.filter((carrier) => carrier !== queues);
      const { names, value } = await metricsWith('accounts', ['database', ...logs], [queues]);
      assert.ok(!names.has('duet_unrouted_events'));
      assert.equal(value('duet_dead_letters', { queue: 'accounts.record-notified.dead' }), undefined);
      for (const log of logs)
        assert.ok(atLeast(0)(value('duet_dead_letters', { queue: placeAside('accounts', log) })), log);
      const ofChoreography = { style: 'choreography' };
      const unsent = value('duet_outbox_unsent', ofChoreography)!;
      await startSignup(uniqueRequest('choreography'));
      await metric('accounts', 'duet_outbox_unsent', ofChoreography, atLeast(unsent + 1));
      await metric('accounts', 'duet_outbox_oldest_unsent_seconds', ofChoreography, (age) => age! > 0);
    } finally {
      await stack.release('rabbitmq');
    }
    await metric('accounts', 'duet_scrape_errors', { part: queues }, (value) => value === 0);
    await metric('accounts', 'duet_outbox_unsent', { style: 'choreography' }, (value) => value === 0);
  }).timeout(120_000);

  it('is there while the database is away', async () => {
    const stack = theStack();
    await stack.hold('postgres');
    try {
      for (const process of processes) {
        await metric(process, 'duet_scrape_errors', { part: partOf(process) }, (value) => value === 1);
        const { names } = await metricsOf(process);
        assert.ok(!names.has('duet_outbox_unsent') && !names.has('duet_signups'));
      }
    } finally {
      await stack.release('postgres');
    }
    for (const process of processes) {
      await stack.untilReady(process);
      await metric(process, 'duet_scrape_errors', { part: partOf(process) }, (value) => value === 0);
    }
  }).timeout(120_000);
});

/** What a process reads of its own from the database. */
function partOf(process: ProcessName): string {
  return process === 'tracker' ? 'tracker' : 'database';
}
