/** What a log makes possible, and what may lie in it: reading it again, and records that nobody can read. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { aboutSignup } from '../wire.ts';
import {
  arrival,
  beginScenario,
  click,
  linkOf,
  type Letter,
  mailbox,
  notifiedSignup,
  send,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { logStyles, readAgain, untilRead, type LogStyle } from '../logs.ts';
import { theStack } from '../stack.ts';

for (const logStyle of logStyles) {
  const { style, log, on } = logStyle;
  describe(`The log of ${style}`, function () {
    this.timeout(180_000);

    it('is read on behind what nobody can read, which is set aside with its reason', async () => {
      const requests = Array.from({ length: 50 }, () => uniqueRequest(style));
      const [half, later] = [`{"half": "${randomUUID()}`, laterVersion()];
      const poisoning = on(async ({ append }) => {
        for (const partition of [0, 1]) for (const content of [half, later]) await append(partition, content);
      });
      const started = await Promise.all(requests.map((request) => startSignup(request)));
      await poisoning;
      for (const { id } of started) {
        await signupThat('is notified', id, ({ notified }) => notified.email !== null);
      }
      await untilRead(logStyle);
      for (const service of ['accounts', 'notifications'] as const) {
        const { rows } = await databaseOf(service).query<{ content: string; reason: string }>(
          `select content, reason from set_aside where log = $1 and content = any($2) order by content desc, partition`,
          [log, [half, later]],
        );
        assert.deepEqual(
          rows.map(({ content }) => content),
          [half, half, later, later].toSorted().toReversed(),
        );
        assert.ok(rows.some(({ reason }) => reason === 'the message is not JSON'));
        assert.ok(rows.some(({ reason }) => reason.startsWith('version 1000 of')));
      }
    });

    it('is read again from its beginning by every reaction: nothing is sent, nothing decided again', async () => {
      const before = await played(logStyle);
      await readAgain(logStyle);
      assert.deepEqual(await seen(before.people), before.seen);
    });

    it('is read again by services that have forgotten what they did: nothing is sent either', async () => {
      const before = await played(logStyle);
      for (const service of ['accounts', 'notifications'] as const) {
        await databaseOf(service).query(
          `delete from deliveries where state = 'done' and signup_id = any($1)`,
          [before.people.map(({ id }) => id)],
        );
      }
      await readAgain(logStyle);
      for (const { id } of before.people) await untilAtRest(id);
      assert.deepEqual(await seen(before.people), before.seen);
    });

    it('is read again by services that come back with positions from a backup', async () => {
      const before = await played(logStyle);
      const stack = theStack();
      const services = ['accounts', 'notifications'] as const;
      await Promise.all(services.map((service) => stack.hold(service)));
      for (const service of services) {
        await databaseOf(service).query('update positions set next = next / 2 where log = $1', [log]);
      }
      await Promise.all(services.map((service) => stack.release(service)));
      await untilRead(logStyle);
      assert.deepEqual(await seen(before.people), before.seen);
    });
  });
}

type Person = { id: string; email: string; phone: string };

/** Signups that come to every end, and one that waits, with all that there is to see of them. */
async function played({ style }: LogStyle): Promise<{ people: Person[]; seen: Seen }> {
  const [waiting, activated, expired, undeliverable] = Array.from({ length: 4 }, () => {
    return { ...uniqueRequest(style), phone: uniqueRequest(style).phone! };
  }) as [Asked, Asked, Asked, Asked];
  await beginScenario({
    channel: 'email',
    to: undeliverable.email,
    stage: 'rcpt',
    reply: '550 5.1.1 No such user',
  });
  const people: Person[] = [];
  for (const request of [waiting, activated, expired]) {
    people.push({ ...(await notifiedSignup(request)), ...request });
  }
  people.push({ ...(await startSignup(undeliverable)), ...undeliverable });
  assert.equal((await click(await linkOf(people[1]!.id))).status, 200);
  await arrival(activated.email, 'activated');
  const { status } = await send('POST', `/signups/${people[2]!.id}/fast-forward`, { body: { by: '8d' } });
  assert.equal(status, 200);
  await signupThat('is undeliverable', people[3]!.id, ({ outcome }) => outcome === 'undeliverable');
  for (const { id } of people) await untilAtRest(id);
  return { people, seen: await seen(people) };
}

type Asked = ReturnType<typeof uniqueRequest> & { phone: string };

type Seen = { letters: Letter[][]; accounts: unknown[] };

/** Mailbox and accounts, byte for byte. */
async function seen(people: readonly Person[]): Promise<Seen> {
  const letters = await Promise.all(people.flatMap(({ email, phone }) => [mailbox(email), mailbox(phone)]));
  const { rows } = await databaseOf('accounts').query(
    'select * from accounts where signup_id = any($1) order by signup_id',
    [people.map(({ id }) => id)],
  );
  return { letters, accounts: rows };
}

function laterVersion(): string {
  const event = aboutSignup(randomUUID(), { type: 'account.activated', data: { email: 'a@example.com' } });
  return JSON.stringify({ ...event, dataversion: 1000 });
}
