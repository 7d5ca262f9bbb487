/** An api that was told of no Kafka: the styles over Kafka are not here, all others are, and what began before is not lost. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { styles, type Signup } from '../../domain/signup.ts';
import { needsOf } from '../../domain/styles.ts';
import { specOf, type AddedProcess } from '../../tools/platform/our-processes.ts';
import { start } from '../cli/command.ts';
import {
  arrival,
  historyThat,
  linkOf,
  notifiedSignup,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { theStack } from '../stack.ts';
import { assertProblem, exchange } from './exchange.ts';

const overKafka = styles.filter((style) => needsOf(style).includes('kafka'));
const others = styles.filter((style) => !overKafka.includes(style));
const whatToDo = /no Kafka here.*KAFKA_BROKERS/;

describe('An api without a Kafka', function () {
  this.timeout(120_000);

  let api: AddedProcess;
  before(async () => {
    const stack = theStack();
    const { KAFKA_BROKERS: _, ...environment } = stack.environmentOf('api');
    const { KAFKA_BROKERS: __, ...surrounding } = process.env;
    const port = await stack.freePort(8180);
    api = await stack.addBeside(specOf('api', port, environment, surrounding));
  });
  after(() => api?.stop());

  it('is ready, and says of each style over Kafka what it lacks', async () => {
    // Once one style is ready the api is; it connects to RabbitMQ meanwhile.
    await until('every other style to be ready', async () => {
      const path = '/health/ready';
      const { status, body } = await exchange<Record<string, object>>('GET', path, { url: api.url });
      assert.equal(status, 200);
      for (const style of others) assert.deepEqual(body[style], { ready: true });
      for (const style of overKafka) {
        const { ready, notHere = '' } = body[style] as { ready: boolean; notHere?: string };
        assert.equal(ready, false);
        assert.match(notHere, whatToDo);
      }
      return true;
    });
    const { body: page } = await exchange<string>('GET', '/start', {
      url: api.url,
      headers: { accept: 'text/html' },
    });
    assert.equal(whatToDo.test(page), overKafka.length > 0);
  });

  it('signs up in every style that is here, and says of the others why it does not', async () => {
    const words = ['start', uniqueEmail(), '--style', 'all', '--json', '--url', api.url];
    const { code, out, err } = await start('signup', words).ended;
    assert.equal(code, 0, err);
    const signups = JSON.parse(out) as Signup[];
    assert.deepEqual(
      signups.map(({ style }) => style),
      others,
    );
    for (const style of overKafka)
      assert.match(err, new RegExp(`${style}: This style is not here: .*KAFKA_BROKERS`));
    for (const { id } of signups)
      await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
  });

  for (const style of overKafka) {
    it(`takes no signup of ${style}, shows those from before, and takes their clicks`, async () => {
      const answer = await exchange('POST', '/signups', { url: api.url, body: uniqueRequest(style) });
      const title = 'This style is not here';
      const { detail = '' } = assertProblem(answer, { status: 503, kind: 'style-not-here', title });
      assert.match(detail, whatToDo);

      // The api of the stack has a Kafka.
      const { id, email } = await notifiedSignup(uniqueRequest(style));
      const shown = await exchange<Signup>('GET', `/signups/${id}`, { url: api.url });
      assert.deepEqual([shown.status, shown.body.status], [200, 'pending']);
      await until('its history', async () => {
        const path = `/signups/${id}/history`;
        const history = await exchange<{ step: string }[]>('GET', path, { url: api.url });
        return history.body.some(({ step }) => step === 'recordNotified');
      });
      await until('the list to have the signup', async () => {
        const query = `/signups?style=${style}`;
        const list = await exchange<{ items: { id: string }[] }>('GET', query, { url: api.url });
        return list.body.items.some((each) => each.id === id);
      });
      const link = await linkOf(id);
      assert.equal((await exchange('POST', link, { url: api.url })).status, 200);
      // Of what it told there, a process that has a Kafka takes care.
      await arrival(email, 'activated');
      await historyThat('is activated', id, (rows) => rows.some(({ step }) => step === 'activateAccount'));
    });
  }
});

for (const style of overKafka) {
  describe(`While Kafka is away, ${style}`, () => {
    it('takes signups, which wait for it, and holds up no other style', async () => {
      const stack = theStack();
      await stack.hold('kafka');
      try {
        const waiting = await startSignup(uniqueRequest(style));
        for (const other of others) await notifiedSignup(uniqueRequest(other));
        await until('readiness to say what they wait for', async () => {
          const { status, body } = await exchange('GET', `/health/ready?style=${style}`);
          assert.deepEqual([status, body], [200, { [style]: { ready: true, waitsFor: 'kafka' } }]);
          return true;
        });
        const { notified } = (await exchange<Signup>('GET', `/signups/${waiting.id}`)).body;
        assert.equal(notified.email, null);
        // A process of a service starts without it, too.
        const second = await stack.add('notifications');
        await second.stop();
        await stack.release('kafka');
        await signupThat('is notified', waiting.id, (signup) => signup.notified.email === 'sent');
      } finally {
        await stack.release('kafka');
      }
    }).timeout(120_000);
  });
}
