/** Parts and processes lost while signups keep coming: none is lost, none is sent twice for want of a database. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { SignupRequest } from '../../domain/signup.ts';
import { mailbox, postSignup, uniqueRequest } from '../client.ts';
import { accountsOf, databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

type Taken = { id: string; request: SignupRequest };

describe('Under load', function () {
  this.timeout(240_000);

  it('the database may be away for 10 s: nothing is lost, and no attempt is counted', async () => {
    const stack = theStack();
    const load = startLoad([stack.urls.api]);
    try {
      await until('50 signups to be under way', () => load.taken.length >= 50);
      await stack.hold('postgres');
      await until('every client to be turned away for 10 s', () => load.turnedAwayForMs() >= 10_000, {
        withinMs: 60_000,
      });
    } finally {
      await stack.release('postgres');
    }
    const before = load.taken.length;
    await until('20 signups more', () => load.taken.length >= before + 20, { withinMs: 60_000 });
    const taken = await load.stop();
    await untilAllDone(taken);
    for (const service of ['accounts', 'notifications'] as const) {
      const { rows } = await databaseOf(service).query<{ queue: string; attempts: number }>(
        'select queue, attempts from deliveries where signup_id = any($1) and attempts > 1',
        [taken.map(({ id }) => id)],
      );
      assert.deepEqual(rows, [], 'that the database is away is not an attempt');
    }
    await assertOneMessageEach(taken);
  });

  it('one of two accounts processes and one of two apis may be killed: every event is published, no row forgotten', async () => {
    const stack = theStack();
    const [api, accounts] = await Promise.all([stack.add('api'), stack.add('accounts')]);
    const load = startLoad([stack.urls.api, api.url]);
    try {
      await until('50 signups to be under way', () => load.taken.length >= 50);
      await Promise.all([api.kill(), accounts.kill()]);
      const before = load.taken.length;
      await until('50 signups more', () => load.taken.length >= before + 50, { withinMs: 60_000 });
    } finally {
      await Promise.all([api.stop(), accounts.stop()]);
    }
    const taken = await load.stop();
    await untilAllDone(taken);
    const { rows } = await databaseOf('accounts').query<{ claimed: string }>(
      `select queue as claimed from deliveries where state <> 'done' and signup_id = any($1)
       union all select name from timers where due_at <= now() and signup_id = any($1)`,
      [taken.map(({ id }) => id)],
    );
    assert.deepEqual(rows, [], 'no row is forgotten');
    await assertOneMessageEach(taken);
  });
});

const clientCount = 10;

/** So many clients that sign up again and again, each repeating its request with its key, wherever it can, until it is taken. */
function startLoad(urls: readonly string[]) {
  const taken: Taken[] = [];
  // Of each client when the request that it repeats was turned away first, and last.
  const turnedAway = new Map<number, { firstMs: number; lastMs: number }>();
  let stopping = false;
  const clients = Array.from({ length: clientCount }, async (_, client) => {
    while (!stopping) {
      const request = uniqueRequest('choreography');
      taken.push({ id: await untilTaken(request, client), request });
    }
  });
  return {
    taken,
    /** For how long every one of them has been turned away by now, one request after the other. */
    turnedAwayForMs(): number {
      const spans = [...turnedAway.values()].map(({ firstMs, lastMs }) => lastMs - firstMs);
      return spans.length === clientCount ? Math.min(...spans) : 0;
    },
    async stop(): Promise<Taken[]> {
      stopping = true;
      await Promise.all(clients);
      return taken;
    },
  };

  async function untilTaken(request: SignupRequest, client: number): Promise<string> {
    const key = randomUUID();
    let attempt = client;
    // The api that was killed answers nothing, one without a database says so.
    const takeOrSay = async () => {
      const url = urls[attempt++ % urls.length]!;
      const reply = await postSignup(request, { key, url });
      if (reply.status === 503) {
        const lastMs = Date.now();
        turnedAway.set(client, { firstMs: turnedAway.get(client)?.firstMs ?? lastMs, lastMs });
        throw new Error(`${url} answered 503`);
      }
      turnedAway.delete(client);
      return reply;
    };
    const { status, body } = await until('a signup to be taken', takeOrSay, {
      withinMs: 120_000,
      everyMs: 100,
    });
    assert.equal(status, 202, JSON.stringify(body));
    return body.id;
  }
}

async function untilAllDone(taken: Taken[]): Promise<void> {
  const ids = taken.map(({ id }) => id);
  await until(
    `all ${ids.length} signups to be notified, and all they told published`,
    async () => {
      const notified = (await accountsOf(ids)).filter((account) => account.notified_at !== null);
      const unsent = await Promise.all(
        (['accounts', 'notifications'] as const).map((service) =>
          databaseOf(service).query('select from outbox where sent_at is null and signup_id = any($1)', [
            ids,
          ]),
        ),
      );
      const left = unsent.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
      if (notified.length === ids.length && left === 0) return true;
      throw new Error(`${notified.length} of ${ids.length} notified, ${left} events unsent`);
    },
    { withinMs: 120_000, everyMs: 250 },
  );
}

async function assertOneMessageEach(taken: Taken[]): Promise<void> {
  for (const { request } of taken) {
    assert.equal((await mailbox(request.email)).length, 1, `mails to ${request.email}`);
    assert.equal((await mailbox(request.phone!)).length, 1, `SMS to ${request.phone}`);
  }
}
