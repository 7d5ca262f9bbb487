/** Readers of a log that are killed, frozen or joined by others: each signup is notified once, and all is read. */
import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { Signup } from '../../domain/signup.ts';
import { mailbox, purposesOf, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';
import { logStyles, untilRead, type LogStyle } from '../logs.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

for (const logStyle of logStyles) {
  const { style } = logStyle;
  describe(`Readers of the log of ${style}`, function () {
    this.timeout(240_000);

    it('may be killed with records in hand: another reads them', async () => {
      const stack = theStack();
      const second = await stack.add('notifications');
      const load = startLoad(logStyle, 100);
      try {
        await until('some to be under way', () => load.started.length >= 30);
        await second.kill();
        await load.assertNotifiedOnce();
      } finally {
        await second.stop();
      }
    });

    it('may be frozen for 10 s with records in hand: others go on, and it does nothing twice', async () => {
      const stack = theStack();
      const second = await stack.add('notifications');
      const load = startLoad(logStyle, 100);
      try {
        await until('some to be under way', () => load.started.length >= 30);
        process.kill(second.pid, 'SIGSTOP');
        await delay(10_000); // what is to be shown: a pause of this length
        process.kill(second.pid, 'SIGCONT');
        await load.assertNotifiedOnce();
      } finally {
        process.kill(second.pid, 'SIGCONT');
        await second.stop();
      }
    });

    it('share the partitions out anew while signups come: one joins, is killed, and another joins', async () => {
      const stack = theStack();
      const load = startLoad(logStyle, 200);
      const second = await stack.add('notifications');
      await until('both to read', async () => (await readersOf(logStyle)).size === 2);
      await second.kill();
      const third = await stack.add('notifications');
      try {
        await until('each partition to have one reader that is alive, of two', async () => {
          const readers = await readersOf(logStyle);
          return [...readers.values()].every((held) => held === 2) && readers.size === 2;
        });
        await load.assertNotifiedOnce();
      } finally {
        await Promise.all([second.stop(), third.stop()]);
      }
    });
  });
}

/** How many partitions each process of notifications holds that is alive. */
async function readersOf({ log }: LogStyle): Promise<Map<string, number>> {
  const { rows } = await databaseOf('notifications').query<{ reader: string; held: number }>(
    `select held_by as reader, count(*)::int as held from positions join instances on id = held_by
     where log = $1 and alive_until > now() group by held_by`,
    [log],
  );
  return new Map(rows.map(({ reader, held }) => [reader, held]));
}

/** Starts so many signups, a few at a time. */
function startLoad(logStyle: LogStyle, signups: number) {
  const started: Signup[] = [];
  const waiting = Array.from({ length: signups }, () => uniqueRequest(logStyle.style));
  const requests = [...waiting];
  const starting = Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let request = waiting.pop(); request; request = waiting.pop())
        started.push(await startSignup(request));
    }),
  );
  return {
    started,
    async assertNotifiedOnce(): Promise<void> {
      await starting;
      for (const { id } of started) {
        await signupThat('is notified', id, ({ notified }) => notified.email !== null);
      }
      await untilRead(logStyle);
      for (const { email } of requests)
        assert.deepEqual(purposesOf(await mailbox(email)), ['welcome'], email);
    },
  };
}
