/** Several chains in the same processes: each signup goes the way that it began on, from its first event to its last. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy, traits } from '../../domain/styles.ts';
import { eventExchange } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { click, linkOf, mailbox, notifiedSignup, purposesOf, signupThat, uniqueRequest } from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { withBroker } from '../wire.ts';

const chains = stylesPlayedBy('chain');

describe('Signups of several chains at a time', function () {
  this.timeout(90_000);

  it('each go their own way to the end, and none of their events another', async () => {
    await subjectsOnQueues(async (onQueues) => {
      const requests = [...chains, ...chains].map((style) => uniqueRequest(style));
      const signups = await Promise.all(requests.map(notifiedSignup));
      for (const { id } of signups) await click(await linkOf(id));
      for (const { id, style, email } of signups) {
        await signupThat('is activated', id, ({ status }) => status === 'activated');
        await untilAtRest(id);
        assert.deepEqual(purposesOf(await mailbox(email)).toSorted(), ['activated', 'welcome'], style);
        assert.deepEqual(await stylesTold(id), [style]);
      }
      const overQueues = signups.filter(({ style }) => traits[style].carrier === 'rabbitmq-queue');
      await until('the events over queues to be seen', () => {
        const missing = overQueues.filter(({ id }) => !onQueues.has(id));
        if (missing.length > 0) throw new Error(`${missing.length} are not among ${onQueues.size} signups`);
        return true;
      });
      for (const signup of signups)
        assert.equal(onQueues.has(signup.id), overQueues.includes(signup), signup.style);
    });
  });
});

/** Listens to every event over queues while `use` runs: the ids of the signups that they are about. */
function subjectsOnQueues(use: (subjects: ReadonlySet<string>) => Promise<void>): Promise<void> {
  return withBroker('accounts', async (connection) => {
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue(`accounts.tap-${randomUUID()}`, { exclusive: true });
    await channel.bindQueue(queue, eventExchange, '#');
    const subjects = new Set<string>();
    await channel.consume(
      queue,
      (message) => {
        // A service asks by a message without content whether its mark is there.
        if (message!.content.length === 0) return;
        const envelopes = [JSON.parse(message!.content.toString()) as Envelope | Envelope[]].flat();
        for (const { subject } of envelopes) subjects.add(subject);
      },
      { noAck: true },
    );
    await use(subjects);
  });
}

/** The styles of all that both services have told of a signup. */
async function stylesTold(signupId: string): Promise<Style[]> {
  const found = new Set<Style>();
  for (const service of ['accounts', 'notifications'] as const) {
    const { rows } = await databaseOf(service).query<{ style: Style }>(
      'select distinct style from outbox where signup_id = $1',
      [signupId],
    );
    for (const { style } of rows) found.add(style);
  }
  return [...found];
}
