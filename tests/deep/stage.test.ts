/** What only a stage can break: each fault is on, is seen in the styles that it concerns and in no other, and heals by itself. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import type { FaultName, FaultState } from '../../domain/faults.ts';
import { styles, type SignupRequest, type Style } from '../../domain/signup.ts';
import { needsOf } from '../../domain/styles.ts';
import { deadLettersOf } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { prepareStage } from '../../tools/lab/live-stack.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import {
  getSignup,
  mailbox,
  notifiedSignup,
  postSignup,
  postUntilAnswered,
  send,
  uniqueRequest,
  type Letter,
} from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { onOwnStack } from '../own-stack.ts';
import { theStack } from '../stack.ts';
import { asBrokerAdmin } from '../wire.ts';

const welcomeQueue = 'notifications.send-welcome-email';
const recovered = { withinMs: 90_000, everyMs: 100 };

/** Each request for a signup waits for a silent database, for longer the busier the machine is; the others are answered sooner. */
const leaseMs: Partial<Record<FaultName, number>> = { 'silence-postgres': 60_000 };

type Asked = { request: SignupRequest; key: string };

const askedInEach = (of: readonly Style[] = styles): Asked[] =>
  of.map((style) => ({ request: uniqueRequest(style), key: randomUUID() }));

async function putFault(name: FaultName, forMs: number): Promise<void> {
  const { status, body } = await send('PUT', `/faults/${name}`, { body: { forMs, askedBy: 'test' } });
  assert.equal(status, 200, JSON.stringify(body));
}

/** As its supervisor knows it, whatever became of the api. */
async function stateOf(name: FaultName): Promise<FaultState> {
  const all = await supervisorOver(theStack().home).faults();
  return all.find((fault) => fault.name === name)!;
}

/** Waits until its lease has ended; nobody here ends it. */
const untilHealed = (name: FaultName) =>
  until(`${name} to heal`, async () => (await stateOf(name)).healsAt === null, recovered);

/** Comes to its end with the same key, once, whatever happened to it before. */
async function comesToItsEnd({ request, key }: Asked): Promise<void> {
  const { style, email } = request;
  const { body } = await until(
    `an answer to ${style}`,
    async () => {
      const reply = await postUntilAnswered(request, { key });
      assert.ok(reply.status === 201 || reply.status === 202, JSON.stringify(reply.body));
      return reply;
    },
    recovered,
  );
  await until(
    `${style} to be notified at ${email}`,
    async () => (await getSignup(body.id)).notified.email === 'sent',
    recovered,
  );
}

describe('A stage', function () {
  this.timeout(240_000);
  onOwnStack({ prepare: (environment) => prepareStage(environment, () => {}) });
  // What runs for the first time takes longer, and would be late for what others meet together.
  before(() => Promise.all(styles.map((style) => notifiedSignup(uniqueRequest(style)))));
  afterEach(async () => {
    await supervisorOver(theStack().home).heal();
    await theStack().untilReady('api');
  });

  it('has every fault', async () => {
    const all = await supervisorOver(theStack().home).faults();
    assert.deepEqual(
      all.flatMap(({ name, whyNot }) => (whyNot === null ? [] : [`${name}: ${whyNot}`])),
      [],
    );
  });

  for (const part of ['rabbitmq', 'kafka', 'temporal', 'postgres'] as const) {
    for (const how of ['reset', 'silence'] as const) {
      const name: FaultName = `${how}-${part}`;
      it(`${name}: who needs it waits or is turned away, nobody else notices, and it heals by itself`, async () => {
        await putFault(name, leaseMs[name] ?? 20_000);
        const concerned = askedInEach(styles.filter((style) => needsOf(style).includes(part)));
        const others = styles.filter((style) => !needsOf(style).includes(part));
        const answers = concerned.map(({ request, key }) =>
          postSignup(request, { key }).catch(() => undefined),
        );
        await Promise.all(others.map((style) => notifiedSignup(uniqueRequest(style))));
        for (const answer of await Promise.all(answers)) {
          assert.ok([undefined, 202, 503].includes(answer?.status), JSON.stringify(answer));
          assert.equal(answer?.body.notified?.email ?? null, null);
        }
        for (const { request } of concerned)
          assert.deepEqual(await mailbox(request.email), [], request.style);
        assert.notEqual((await stateOf(name)).healsAt, null, 'all this was seen while it was broken');
        await untilHealed(name);
        await Promise.all(concerned.map(comesToItsEnd));
      });
    }
  }

  for (const [name, process, mails] of [
    ['crash-before-send', 'notifications', 1],
    ['crash-before-record', 'notifications', 2],
    ['crash-before-answer', 'api', 1],
  ] as const) {
    it(`${name}: what comes to it in every style meets it once, and has ${mails === 1 ? 'one mail' : 'two mails'}`, async () => {
      const pid = theStack().pidOf(process);
      await putFault(name, 60_000);
      const asked = askedInEach();
      await Promise.all(asked.map(comesToItsEnd));
      assert.notEqual(theStack().pidOf(process), pid);
      await untilHealed(name);
      const arrived = await Promise.all(asked.map(({ request }) => mailbox(request.email)));
      const firstAt = (letters: Letter[]) => letters.at(-1)!.receivedAt;
      const met = arrived.filter(({ length }) => length === mails);
      assert.ok(met.length > 0, `they have ${arrived.map(({ length }) => length).join(', ')}`);
      const metUntil = met.map(firstAt).toSorted().at(-1)!;
      for (const [index, letters] of arrived.entries()) {
        if (met.includes(letters)) continue;
        // The process that dies waits a while for other styles: one that comes later does not meet the crash, and has its mail after it.
        const { style } = asked[index]!.request;
        assert.equal(letters.length, 1, `${style} has ${letters.length}`);
        assert.ok(firstAt(letters) > metUntil, `${style} has one mail, and had it before the crash`);
      }
    });
  }

  it('a line that nobody comes to while it is armed is harmless afterwards', async () => {
    const pid = theStack().pidOf('api');
    await putFault('crash-before-answer', 500);
    await untilHealed('crash-before-answer');
    await Promise.all(askedInEach().map(comesToItsEnd));
    assert.equal(theStack().pidOf('api'), pid);
  });

  it('poison is set aside in each way, holds nobody up, and is taken out again', async () => {
    await putFault('poison', 90_000);
    await until('it to be set aside everywhere', async () => {
      assert.deepEqual(await poisonThere(), { deadLetters: 1, accounts: 2, notifications: 2, workflows: 1 });
      return true;
    });
    await Promise.all(styles.map((style) => notifiedSignup(uniqueRequest(style))));
    assert.equal((await send('DELETE', '/faults/poison')).status, 204);
    await until('nothing of it to be there', async () => {
      assert.deepEqual(await poisonThere(), { deadLetters: 0, accounts: 0, notifications: 0, workflows: 0 });
      return true;
    });
  });
});

async function poisonThere(): Promise<Record<string, number>> {
  const deadLetters = await asBrokerAdmin(
    async (channel) => (await channel.checkQueue(deadLettersOf(welcomeQueue))).messageCount,
  );
  const rowsOf = async (service: 'accounts' | 'notifications') =>
    (await databaseOf(service).query('select from set_aside')).rowCount ?? 0;
  const running = `WorkflowType = 'signup-from-the-future' and ExecutionStatus = 'Running'`;
  const { count: workflows } = await temporalClient().workflow.count(running);
  return {
    deadLetters,
    accounts: await rowsOf('accounts'),
    notifications: await rowsOf('notifications'),
    workflows,
  };
}
