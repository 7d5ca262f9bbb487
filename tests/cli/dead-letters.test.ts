/** `npm run dead-letters`: what was set aside is seen, comes back, or goes, and none is lost on the way. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import type { DeadLetter, Redriven, SetAsideQueue } from '../../tools/operator/dead-letters.ts';
import { unrouted } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { signupThat, startSignup, uniqueRequest } from '../client.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { deadLetters, start, type Ended } from './command.ts';

const origin = 'notifications.send-closed-sms';
const queue = `${origin}.dead`;

describe('npm run dead-letters', () => {
  beforeEach(() =>
    onBroker((channel) => Promise.all([queue, unrouted].map((each) => channel.purgeQueue(each)))),
  );

  it('lists, shows, redrives and drops a poison message, which dies again without being sent for ever', async () => {
    const marker = randomUUID();
    const token = `https://x.example/verify/${randomUUID()}.c2VjcmV0`;
    await publish('', origin, `not JSON ${marker} ${token}`);
    const { oldest } = await untilListed(queue, 1);
    assert.ok(Math.abs(Date.parse(oldest!) - Date.now()) < 120_000, `set aside at ${oldest}`);

    const letter = await showing(queue);
    assert.equal(letter.reason, 'the message is not JSON');
    assert.match(letter.body, new RegExp(marker));
    assert.doesNotMatch(JSON.stringify(letter), /c2VjcmV0/, 'the link is not shown');
    await untilListed(queue, 1);

    await untilBack(queue);
    const dry = parsed(await ok(deadLetters('redrive', queue, '--dry-run', '--json'))) as Redriven[];
    assert.deepEqual(dry, [{ queue, to: origin, redriven: 0, left: 1 }]);
    const redriven = parsed(await ok(deadLetters('redrive', queue, '--json'))) as Redriven[];
    assert.deepEqual(redriven, [{ queue, to: origin, redriven: 1, left: 0 }]);
    await untilListed(queue, 1);

    await untilBack(queue);
    const { out } = await ok(deadLetters('drop', queue, '--dry-run'));
    assert.equal(out, `${queue}: would drop 1 message\n`);
    await ok(deadLetters('drop', queue, '--yes'));
    await untilListed(queue, 0);
  }).timeout(120_000);

  it('redrives what can be read by now: the service acts on it', async () => {
    const { id } = await startSignup(uniqueRequest('choreography'));
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    const event = envelope('account.closed', id, { email: 'a@example.com', reason: 'cancelled' });
    await publish('', queue, JSON.stringify(event));
    const letter = await showing(queue);
    assert.deepEqual(
      [letter.type, letter.signupId, letter.reason],
      ['account.closed', id, 'it could not be read then, and can be now'],
    );
    await untilBack(queue);
    await ok(deadLetters('redrive', queue));
    await untilListed(queue, 0);
    await until('the service to take it', async () => (await countOf(origin)) === 0);
  }).timeout(120_000);

  it('sends an event that nobody subscribed to its way again', async () => {
    const signupId = randomUUID();
    await publish(
      'signup.events',
      'account.renamed',
      JSON.stringify(envelope('account.renamed', signupId, {})),
    );
    await untilListed(unrouted, 1);
    const letter = await showing(unrouted);
    assert.equal(letter.reason, 'nobody subscribes to account.renamed');
    assert.equal(letter.signupId, signupId);

    const listener = `test.${randomUUID()}`;
    try {
      await onBroker(async (channel) => {
        await channel.assertQueue(listener, { durable: true, autoDelete: false });
        await channel.bindQueue(listener, 'signup.events', 'account.renamed');
      });
      await untilBack(unrouted);
      const { out } = await ok(deadLetters('redrive', unrouted));
      assert.equal(out, `${unrouted}: redrove 1 message to the exchange signup.events\n`);
      const message = await onBroker((channel) => channel.get(listener, { noAck: true }));
      assert.ok(message && message.content.toString().includes(signupId));
      await untilListed(unrouted, 0);
    } finally {
      await onBroker((channel) => channel.deleteQueue(listener));
    }
  }).timeout(120_000);

  it('leaves a message where it is while what it came from is gone', async () => {
    const lonely = `test.${randomUUID()}`;
    try {
      await onBroker((channel) => channel.assertQueue(`${lonely}.dead`, { durable: true }));
      await publish('', `${lonely}.dead`, 'from nowhere');
      const { code, err } = await deadLetters('redrive', `${lonely}.dead`);
      assert.equal(code, 1);
      assert.match(err, /did not take 1 message/);
      await untilListed(`${lonely}.dead`, 1);
    } finally {
      await onBroker((channel) => channel.deleteQueue(`${lonely}.dead`));
    }
  }).timeout(60_000);

  it('loses nothing when it is killed or interrupted in the middle of redriving', async () => {
    const lonely = `test.${randomUUID()}`;
    const count = 2000;
    try {
      await onBroker(async (channel) => {
        for (const each of [lonely, `${lonely}.dead`]) {
          await channel.assertQueue(each, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
        }
      });
      const markers = Array.from({ length: count }, () => randomUUID());
      await publish('', `${lonely}.dead`, ...markers);
      for (const signal of ['SIGINT', 'SIGKILL'] as const) {
        const before = await countOf(lonely);
        const { child, ended } = start('dead-letters', ['redrive', `${lonely}.dead`]);
        await until('the first messages to arrive', async () => {
          return (await countOf(lonely)) > before || child.exitCode !== null;
        });
        child.kill(signal);
        await ended;
      }
      const arrived = new Set<string>();
      // What the killed one had in hand is back once the broker knows of its end.
      await until('each message to arrive', async () => {
        await ok(deadLetters('redrive', `${lonely}.dead`));
        await onBroker(async (channel) => {
          let message = await channel.get(lonely, { noAck: true });
          while (message) {
            arrived.add(message.content.toString());
            message = await channel.get(lonely, { noAck: true });
          }
        });
        const lost = markers.filter((marker) => !arrived.has(marker)).length;
        if (lost > 0) throw new Error(`${lost} messages are lost`);
        return true;
      });
    } finally {
      await onBroker(async (channel) => {
        for (const each of [lonely, `${lonely}.dead`]) await channel.deleteQueue(each);
      });
    }
  }).timeout(120_000);

  it('exits with 2 and names the queues there are where it is asked for another one', async () => {
    const { code, err, out } = await deadLetters('show', 'notifications.send-welcome-email');
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /signup\.unrouted\.latest/);
    assert.match(err, /notifications\.send-welcome-email\.dead/);
  });

  for (const words of [[], ['explode'], ['drop'], ['show', '--limit', 'many'], ['list', '--fast']]) {
    it(`exits with 2 when called as \`${words.join(' ')}\``, async () => {
      const { code, err } = await deadLetters(...words);
      assert.equal(code, 2, err);
      assert.match(err, /--help/);
    });
  }

  it('drops nothing unasked where nobody can be asked', async () => {
    await publish('signup.events', 'nobody.listens', '{}');
    await untilListed(unrouted, 1);
    await untilBack(unrouted);
    const { code, err } = await deadLetters('drop', unrouted);
    assert.equal(code, 2);
    assert.match(err, /--yes/);
    await untilListed(unrouted, 1);
  }).timeout(60_000);

  it('says how to start a broker, or name one, where none is known', async () => {
    const nowhere = { AMQP_URL: undefined, AMQP_MANAGEMENT_URL: undefined, DUET_HOME: '/nonexistent' };
    const { code, err } = await start('dead-letters', ['list'], nowhere).ended;
    assert.equal(code, 1);
    assert.match(err, /npm start.*DUET_HOME.*AMQP_URL/s);
  });
});

async function ok(ending: Promise<Ended>): Promise<Ended> {
  const ended = await ending;
  assert.equal(ended.code, 0, ended.err);
  return ended;
}

function parsed({ out }: Ended): unknown {
  return JSON.parse(out);
}

/** Waits until a queue holds so many messages, as the command line sees it. */
function untilListed(name: string, messages: number): Promise<SetAsideQueue> {
  return until(`${messages} in ${name}`, async () => {
    const found = (parsed(await ok(deadLetters('list', '--json'))) as SetAsideQueue[]).find(
      (each) => each.queue === name,
    );
    if (found?.messages === messages) return found;
    throw new Error(JSON.stringify(found));
  });
}

/** The first message of a queue as it is shown, once it is there. */
function showing(name: string): Promise<DeadLetter> {
  return until(`a message in ${name}`, async () => {
    const [letter] = parsed(await ok(deadLetters('show', name, '--json'))) as DeadLetter[];
    return letter;
  });
}

/** Waits until a queue has its one message again: what was looked at is back a moment after the one who looked has left. */
async function untilBack(name: string): Promise<void> {
  await until(`the message to be back in ${name}`, async () => (await countOf(name)) === 1);
}

function envelope(type: string, subject: string, content: unknown) {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/test',
    type,
    subject,
    time: new Date().toISOString(),
    style: 'choreography',
    datacontenttype: 'application/json',
    dataversion: 1,
    data: content,
  };
}

const countOf = async (name: string) => (await onBroker((channel) => channel.checkQueue(name))).messageCount;

async function publish(exchange: string, routingKey: string, ...contents: string[]): Promise<void> {
  await onBroker(async (channel) => {
    for (const content of contents)
      channel.publish(exchange, routingKey, Buffer.from(content), { persistent: true });
    await channel.waitForConfirms();
  });
}

async function onBroker<T>(use: (channel: amqp.ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(theStack().addresses.amqpAdmin, { noDelay: true });
  try {
    return await use(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}
